package dev.inproc.inference.spring.boot;

import dev.inproc.inference.Decorator;
import dev.inproc.inference.cache.Caching;
import dev.inproc.inference.spring.boot.ModelProperties.CacheProperties;
import java.util.Map;

/** Makes the cache of a model. Apart, since an application without caches lacks their module. */
final class ModelCache {
  private ModelCache() {}

  static Decorator of(CacheProperties from, Class<?> answers) {
    Caching caching = Caching.exact(from.maxEntries());
    caching =
        answers == Map.class
            ? caching.withImmutableAnswers(answers) // a classifier's maps are unmodifiable
            : caching.withAnswers(answers);
    if (from.timeToLive() != null) {
      caching = caching.withTimeToLive(from.timeToLive());
    }
    if (from.refreshAfter() != null) {
      caching = caching.withRefreshAfter(from.refreshAfter());
    }
    if (from.failuresFor() != null) {
      caching = caching.withFailuresFor(from.failuresFor());
    }
    return caching;
  }
}

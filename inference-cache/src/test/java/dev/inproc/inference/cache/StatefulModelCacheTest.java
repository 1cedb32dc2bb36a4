package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Codec;
import dev.inproc.inference.NotCachedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.testing.StatefulModels;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Answers that depend on the calls before are not cached, whatever layers are between. */
class StatefulModelCacheTest {
  private static final Caching CACHING = Caching.exact(100).withAnswers(Float.class);

  private static final class Numbers implements Codec<Float, Float> {
    @Override
    public Tensors encode(Float x) {
      return Tensors.of("x", Tensor.of(x));
    }

    @Override
    public Float decode(Tensors answer) {
      return answer.only().getFloat(0);
    }
  }

  private static CachingPredictor<Float, Float> cached(IntegrityOptions integrity) {
    SessionOptions options = SessionOptions.builder().integrity(integrity).build();
    return CACHING.decorate(
        new OnnxEngine()
            .load(ModelSource.bytes("mean", StatefulModels.runningMean()), options)
            .with(Batching.upTo(8))
            .with(new Numbers()));
  }

  /** x plus the running mean m = (m + x) / 2, by hand. */
  @Test
  void modelThatKeepsState_isPassedThroughVisibly() throws Exception {
    try (CachingPredictor<Float, Float> cache = cached(IntegrityOptions.DEFAULT)) {
      assertTrue(cache.keepsState());
      assertTrue(cache.toString().startsWith("cached[off: the model may keep state]("));
      CallOptions refresh = CallOptions.DEFAULT.withCacheMode(CacheMode.REFRESH);
      CallOptions onlyIf = CallOptions.DEFAULT.withCacheMode(CacheMode.ONLY_IF_CACHED);
      assertEquals(6, cache.predict(4f));
      assertEquals(7, cache.predict(4f));
      assertEquals(7.5f, cache.submit(4f).get());
      assertEquals(7.75f, cache.predict(4f, refresh));
      assertThrows(NotCachedException.class, () -> cache.predict(4f, onlyIf));
      assertEquals(List.of(7.875f, 7.9375f), cache.predictAll(List.of(4f, 4f)));
      assertFalse(cache.metrics().on());
      assertEquals(0, cache.metrics().hits());
      assertEquals(0, cache.metrics().entries());
      assertEquals(6, cache.metrics().bypassed());
    }
  }

  @Test
  void stateIgnored_isCached() {
    IntegrityOptions ignoring = IntegrityOptions.DEFAULT.withStateIgnored(true);
    try (CachingPredictor<Float, Float> cache = cached(ignoring)) {
      assertEquals(6, cache.predict(4f));
      assertEquals(6, cache.predict(4f));
      assertEquals(1, cache.metrics().hits());
    }
  }

  /** As after a probe in the background. */
  @Test
  void knownLateToKeepNone_isCachedFromThenOn() {
    boolean[] mayKeepState = {true};
    FakeModel<Float, Float> model = FakeModel.of(x -> x + 1);
    CachingPredictor<Float, Float> cache =
        CACHING.decorate(
            new Predictor<Float, Float>() {
              @Override
              public CompletableFuture<Float> submit(Float x, CallOptions options) {
                return model.submit(x, options);
              }

              @Override
              public Float predict(Float x, CallOptions options) {
                return model.predict(x, options);
              }

              @Override
              public List<Float> predictAll(List<Float> all, CallOptions options) {
                return model.predictAll(all, options);
              }

              @Override
              public boolean keepsState() {
                return mayKeepState[0];
              }

              @Override
              public void close() {
                model.close();
              }
            });
    cache.predict(1f);
    cache.predict(1f);
    assertEquals(0, cache.metrics().entries());
    mayKeepState[0] = false;
    cache.predict(1f);
    cache.predict(1f);
    assertEquals(1, cache.metrics().hits());
    assertTrue(cache.metrics().on());
    assertTrue(cache.toString().startsWith("cached("));
    cache.close();
  }
}

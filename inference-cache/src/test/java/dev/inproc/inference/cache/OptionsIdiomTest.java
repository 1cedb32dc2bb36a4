package dev.inproc.inference.cache;

import dev.inproc.inference.testing.OptionsIdiom;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The options of caches, by the idiom of all options. */
class OptionsIdiomTest {
  private static final Caching EXACT = Caching.exact(10);
  private static final ToLongFunction<String> BYTES = String::length;
  private static final UnaryOperator<StringBuilder> COPIER = StringBuilder::new;

  static Stream<OptionsIdiom<?>> all() {
    return Stream.of(
        new OptionsIdiom<>(
            Caching.class,
            CacheSettings.class,
            () -> Caching.exact(10),
            Map.of(
                "capacity", () -> Caching.exact(11),
                "inBytes", () -> Caching.exactBytes(10),
                "answers", () -> EXACT.withAnswers(float[].class),
                "sizes", () -> EXACT.withSizes(String.class, BYTES),
                "timeToLive", () -> EXACT.withTimeToLive(Duration.ofSeconds(1)),
                "refreshAfter", () -> EXACT.withRefreshAfter(Duration.ofSeconds(1)),
                "failuresFor", () -> EXACT.withFailuresFor(Duration.ofSeconds(1)),
                "alwaysOn", () -> EXACT.withAlwaysOn()),
            Set.of(),
            Set.of()),
        new OptionsIdiom<>(
            Caching.class,
            AnswersOnly.class,
            () -> EXACT.withImmutableAnswers(StringBuilder.class),
            Map.of("answers", () -> EXACT.withCopiedAnswers(StringBuilder.class, COPIER)),
            Set.of(),
            OptionsIdiom.names("answers")));
  }

  /** Stands for the one option that is set in three ways. */
  private static final class AnswersOnly {
    @SuppressWarnings("UnusedVariable")
    private final boolean answers = true;
  }

  @ParameterizedTest
  @MethodSource("all")
  void options_followTheIdiom(OptionsIdiom<?> options) throws ReflectiveOperationException {
    options.check();
  }
}

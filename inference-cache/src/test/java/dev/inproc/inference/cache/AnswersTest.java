package dev.inproc.inference.cache;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which answers the cache shares or copies by itself. */
class AnswersTest {
  private static final Caching EXACT = Caching.exact(10);

  private record Flat(String text, Inner inner) {}

  private record Inner(int number, Thread.State state) {}

  private record HoldsArray(Holds holds) {}

  private record Holds(float[] values) {}

  private record HoldsList(List<String> tags) {}

  private record Generic<T>(T value) {}

  private record HoldsOptional(Optional<Inner> inner) {}

  private record Again(int number, Again next, float[] values) {}

  @Test
  void typesThatCouldBeChanged_areRefusedWhenTheCacheIsBuilt() {
    for (Class<?> type :
        List.of(
            HoldsArray.class,
            Holds.class,
            HoldsList.class,
            Generic.class,
            HoldsOptional.class,
            Again.class,
            HoldsArray[].class,
            Generic[].class,
            List[].class,
            Object[].class,
            Number.class,
            Object.class,
            List.class,
            Optional.class,
            ByteBuffer.class,
            StringBuilder.class,
            Date.class)) {
      assertSays(
          assertThrows(IllegalArgumentException.class, () -> EXACT.withAnswers(type), "" + type),
          "withCopiedAnswers(" + type.getSimpleName() + ".class");
    }
    EXACT.withAnswers(Flat.class);
    EXACT.withAnswers(Flat[][].class);
    EXACT.withAnswers(Thread.State.class);
  }

  @Test
  void nestedArrays_changedByOneCaller_areWholeForTheNext() {
    CachingPredictor<String, float[][]> cache =
        EXACT.withAnswers(float[][].class).decorate(FakeModel.of(x -> new float[][] {{1}, {2}}));
    for (int i = 0; i < 3; i++) {
      for (float[][] answer :
          List.of(
              cache.predict("a"),
              cache.submit("a").join(),
              cache.predictAll(List.of("a")).get(0))) {
        assertEquals("[[1.0], [2.0]]", Arrays.deepToString(answer));
        answer[1][0] = 7;
        answer[0] = answer[1];
      }
    }
  }
}

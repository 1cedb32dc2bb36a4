package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A null argument is a NullPointerException at once, in every method of every layer. */
class NullArgumentsTest {
  private static final CallOptions MINUTE = CallOptions.timeout(Duration.ofMinutes(1));

  @Test
  void nullArgument_inEveryLayer_isANullPointerExceptionAtOnce() {
    try (Fixture one = Fixture.of(LedgerModel.scalars());
        Fixture two = Fixture.of(LedgerModel.scalars());
        Predictor<Tensors, Tensors> batched = Batching.upTo(4).decorate(two.session)) {
      assertRefusesNull(one.session);
      assertRefusesNull(batched);
      assertRefusesNull(one.session.borrowed());
      assertRefusesNull(batched.borrowed());
      assertRefusesNull(batched.with(Codec.of(x -> x, y -> y)));
      assertRefusesNull(one.session.with(Codec.of(x -> x, y -> y)));
      one.session.close();
      assertRefusesNull(one.session); // closed: a misuse is told first
    }
  }

  private static void assertRefusesNull(Predictor<Tensors, Tensors> predictor) {
    Tensors good = LedgerModel.request(1);
    List<Executable> calls =
        List.of(
            () -> predictor.predict(null),
            () -> predictor.predict(null, MINUTE),
            () -> predictor.predict(good, null),
            () -> predictor.submit(null),
            () -> predictor.submit(null, MINUTE),
            () -> predictor.submit(good, null),
            () -> predictor.predictAll(null),
            () -> predictor.predictAll(Arrays.asList(good, null)),
            () -> predictor.predictAll(Arrays.asList(good, null), MINUTE),
            () -> predictor.predictAll(List.of(good), null),
            () -> predictor.predictAll(List.of(), null));
    for (int i = 0; i < calls.size(); i++) {
      assertThrows(NullPointerException.class, calls.get(i), predictor + ", call " + i);
    }
  }
}

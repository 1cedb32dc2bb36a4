package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.Reachable;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A session's future that is done holds neither its request nor, behind a codec, raw tensors. */
class ReleasedRequestsTest {
  private static final int ID = 7;
  private final Reachable tensors = new Reachable();

  private Tensors request() {
    return tensors.watch(LedgerModel.request(ID));
  }

  private void assertReleased(List<? extends CompletableFuture<?>> futures) {
    futures.forEach(future -> Await.until("the end", future::isDone));
    tensors.awaitNone("tensors");
    Reference.reachabilityFence(futures);
  }

  @Test
  void answeredFailedAndTimed_areReleased() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      List<CompletableFuture<?>> futures = new ArrayList<>();
      futures.add(f.session.submit(request()));
      Await.value(futures.get(0));
      f.model().failNext(new EngineException("once", null));
      futures.add(f.session.submit(request()));
      futures.add(f.session.submit(request(), CallOptions.timeout(Duration.ofMinutes(1))));
      assertReleased(futures);
    }
  }

  @Test
  void cancelledWhileItWaitsOrRuns_isReleased() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      List<CompletableFuture<?>> futures = new ArrayList<>();
      futures.add(f.session.submit(request()));
      gate.awaitEntered(1);
      futures.add(f.session.submit(request()));
      futures.forEach(future -> assertTrue(future.cancel(false)));
      gate.awaitEmpty();
      assertReleased(futures);
    }
  }

  @Test
  void codec_rawTensorsAreReleased() {
    try (Fixture f = Fixture.of(LedgerModel.scalars());
        Predictor<Integer, Integer> coded =
            f.session
                .borrowed()
                .with(
                    Codec.of(
                        (Integer id) -> request(),
                        answer -> {
                          LedgerModel.check(ID, tensors.watch(answer));
                          return ID;
                        }))) {
      assertReleased(List.of(coded.submit(1), coded.submit(2).thenApply(id -> id + 1)));
    }
  }
}

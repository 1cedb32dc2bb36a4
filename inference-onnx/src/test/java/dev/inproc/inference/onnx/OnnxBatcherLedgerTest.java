package dev.inproc.inference.onnx;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.stress.LedgerStress;
import dev.inproc.inference.testing.stress.Ticket;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/**
 * The batcher's invariants I1 to I4 over ONNX Runtime, with faults put between the two. {@code
 * -Dinproc.stress.calls=2000000} for the long form.
 */
class OnnxBatcherLedgerTest {
  private static final long CALLS = Long.getLong("inproc.stress.calls", 100_000);
  private static final long SEED =
      Long.getLong("inproc.stress.seed", ThreadLocalRandom.current().nextLong());

  /** Answers an id with a line through it; any two ids differ in their answers. */
  private static final class Line implements LedgerStress.Subject<Tensors> {
    private final Tensors foreign = Tensors.of("answer", Tensor.of(Shape.scalar(), -1L));

    @Override
    public BatchPredictor<Ticket, Tensors> model(LedgerStress.Maker<Tensors> maker) {
      Session session =
          new OnnxEngine()
              .load(
                  ModelSource.bytes("ledger", Models.ledger()),
                  SessionOptions.builder().parallelism(3).intraOpThreads(1).build());
      return maker.around(
          session, ticket -> Tensors.of("id", Tensor.of(Shape.scalar(), ticket.id())));
    }

    @Override
    public BatchingPredictor<Ticket, Tensors> batcher(
        BatchPredictor<Ticket, Tensors> model, Batching batching) {
      return batching.decorate(model);
    }

    @Override
    public boolean isAnswer(long id, Tensors answer) {
      Tensor tensor = answer.get("answer");
      return tensor.shape().equals(Shape.scalar()) && tensor.getLong(0) == id * 1_000_003 + 7;
    }

    @Override
    public Tensors foreign() {
      return foreign;
    }
  }

  @Test
  void everything_atOnce_violatesNoInvariant() {
    new LedgerStress<>(new Line(), () -> 0).run(CALLS, SEED);
  }
}

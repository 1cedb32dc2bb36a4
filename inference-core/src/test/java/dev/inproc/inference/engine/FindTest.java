package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Codec;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingStats;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Reaching a layer of a chain, and which views own what. */
class FindTest {
  private static final Tensors REQUEST = LedgerModel.request(1);

  /** A layer as a user would write it, with a control of its own. */
  private static final class Counting<I, O> extends ForwardingPredictor<I, O> implements Counter {
    private int calls;

    Counting(Predictor<I, O> inner) {
      super(inner);
    }

    @Override
    public O predict(I input, dev.inproc.inference.CallOptions options) {
      calls++;
      return super.predict(input, options);
    }

    @Override
    public int calls() {
      return calls;
    }

    @Override
    public String toString() {
      return "counting(" + inner() + ")";
    }
  }

  private interface Counter {
    int calls();
  }

  @Test
  void find_inAFluentChain_reachesEachLayer() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Predictor<Tensors, Tensors> batched = f.session.with(Batching.upTo(4));
      Predictor<Tensors, Tensors> chain =
          new Counting<>(new Counting<>(batched).with(Codec.of(Tensors.class, x -> x, y -> y)));
      LedgerModel.check(1, chain.predict(REQUEST));
      assertEquals(1, chain.find(BatchingStats.class).orElseThrow().metrics().answered());
      assertEquals(4, chain.find(BatchingStats.class).orElseThrow().maxBatchSize());
      assertEquals(1, chain.find(Session.class).orElseThrow().engineRuns());
      assertSame(chain, chain.find(Counter.class).orElseThrow(), "the outermost");
      assertEquals(Optional.empty(), chain.find(Runnable.class));
      assertEquals(1, chain.answers().find(Counter.class).orElseThrow().calls());
      chain.close();
    }
  }

  @Test
  void find_throughBorrowed_givesNothingThatCloses() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Predictor<Tensors, Tensors> chain =
          f.session.with(Batching.upTo(4)).with(Codec.of(Tensors.class, x -> x, y -> y));
      Predictor<Tensors, Tensors> lent = chain.borrowed();
      assertEquals(0, lent.find(BatchingStats.class).orElseThrow().metrics().submitted());
      lent.find(Session.class).orElseThrow().close();
      lent.find(Predictor.class).orElseThrow().close(); // the view itself
      assertThrows(PredictorClosedException.class, () -> lent.predict(REQUEST));
      LedgerModel.check(1, chain.predict(REQUEST));
      chain.close();
    }
  }

  /** A control that can be closed and is no predictor. */
  private interface Handle extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Holding extends ForwardingPredictor<Tensors, Tensors> {
    Holding(Predictor<Tensors, Tensors> inner) {
      super(inner);
    }

    @Override
    public <T> Optional<T> find(Class<T> control) {
      Handle handle = () -> {};
      return control == Handle.class ? Optional.of(control.cast(handle)) : super.find(control);
    }

    @Override
    public String toString() {
      return "holding(" + inner() + ")";
    }
  }

  /** By each of the two kinds of views: a closed one lends nothing that answers. */
  @Test
  void find_throughAClosedView_givesWhatIsClosed() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Predictor<Tensors, Tensors> chain = f.session.with(Batching.upTo(4));
      for (Predictor<Tensors, Tensors> lent : List.of(chain.borrowed(), f.session.borrowed())) {
        lent.close();
        Session found = lent.find(Session.class).orElseThrow();
        assertThrows(PredictorClosedException.class, () -> found.predict(REQUEST));
        assertThrows(PredictorClosedException.class, () -> found.runRaw(REQUEST));
        assertTrue(Await.failure(found.submit(REQUEST)) instanceof PredictorClosedException);
      }
      assertEquals(0, chain.borrowed().find(BatchingStats.class).orElseThrow().metrics().failed());
      LedgerModel.check(1, chain.predict(REQUEST));
      chain.close();
    }
  }

  @Test
  void find_throughBorrowed_aControlThatClosesAndIsNoPredictor_isNotGiven() {
    try (Fixture f = Fixture.of(LedgerModel.scalars());
        Predictor<Tensors, Tensors> chain = new Holding(f.session.borrowed())) {
      assertTrue(chain.find(Handle.class).isPresent());
      assertEquals(Optional.empty(), chain.borrowed().find(Handle.class));
    }
  }

  @Test
  void borrowedSession_isASession_andClosesItselfAlone() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      try (Session lent = f.session.borrowed();
          Predictor<Tensors, Tensors> batched = lent.with(Batching.upTo(4))) {
        LedgerModel.check(1, batched.predict(REQUEST));
        LedgerModel.check(1, Await.value(batched.submit(REQUEST)));
        assertEquals(f.session.signature(), lent.signature());
        assertEquals(List.of(f.session.device()), lent.devices());
        lent.outputs(f.session.rawSignature().outputs().get(0).name()).close();
      }
      LedgerModel.check(1, f.session.predict(REQUEST));
    }
  }

  @Test
  void borrowedSession_closed_refusesEveryMethod() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Session lent = f.session.borrowed();
      Predictor<Tensors, Tensors> batched = lent.borrowed().with(Batching.upTo(4));
      lent.close();
      assertThrows(PredictorClosedException.class, () -> lent.predict(REQUEST));
      assertThrows(PredictorClosedException.class, () -> lent.predictAll(List.of(REQUEST)));
      assertThrows(PredictorClosedException.class, () -> lent.runRaw(REQUEST));
      assertTrue(Await.failure(lent.submit(REQUEST)) instanceof PredictorClosedException);
      assertThrows(PredictorClosedException.class, () -> batched.predict(REQUEST));
      assertTrue(Await.failure(batched.submit(REQUEST)) instanceof PredictorClosedException);
      LedgerModel.check(1, f.session.predict(REQUEST));
    }
  }

  /** The one rule: every view owns what it is of, but for {@code borrowed()}. */
  @Test
  void views_outputsAnswersAndWith_own() {
    for (int view = 0; view < 4; view++) {
      Fixture f = Fixture.of(LedgerModel.scalars());
      Predictor<?, ?> closing =
          switch (view) {
            case 0 -> f.session.outputs(f.session.rawSignature().outputs().get(0).name());
            case 1 -> f.session.answers();
            case 2 -> f.session.with(Batching.upTo(2)).answers();
            default -> f.session.with(Codec.of(Tensors.class, x -> x, y -> y));
          };
      closing.close();
      assertThrows(PredictorClosedException.class, () -> f.session.predict(REQUEST));
      f.checkNothingLeft();
      assertFalse(closing.toString().isEmpty());
    }
  }
}

package dev.inproc.inference.engine;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.ManualTimer;
import dev.inproc.inference.testing.ScriptedModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** A probe that is not finished in time allows nothing, and goes on in the background. */
class UnfinishedProbeTest {
  private static final ModelSource MEMORY = ModelSource.bytes("m", new byte[] {1});
  private static final SessionOptions SECOND =
      SessionOptions.builder()
          .integrity(IntegrityOptions.DEFAULT.withTimeLimit(Duration.ofSeconds(1)))
          .build();

  private final ManualTimer timer = new ManualTimer();

  /** x [batch] to y [batch], x times what the number of rows says. Each row takes 100 ms. */
  private ScriptedModel model(IntToDoubleFunction factor) {
    long[] batch = {-1};
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("x", DataType.FLOAT32, batch, "batch")),
            List.of(TensorSpec.of("y", DataType.FLOAT32, batch, "batch")));
    return new ScriptedModel(
        signature,
        inputs -> {
          float[] x = inputs.only().toFloats();
          timer.advanceMillis(100L * x.length);
          for (int i = 0; i < x.length; i++) {
            x[i] *= (float) factor.applyAsDouble(x.length);
          }
          return Tensors.of("y", Tensor.of(Shape.of(x.length), x));
        });
  }

  private static Tensors x(float value) {
    return Tensors.of("x", Tensor.of(Shape.scalar(), value));
  }

  private int largestRun(Fixture f) {
    int before = f.model().runs().size();
    f.session.predictAll(Collections.nCopies(8, x(1)));
    List<ScriptedModel.Run> runs = f.model().runs();
    return runs.subList(before, runs.size()).stream()
        .mapToInt(ScriptedModel.Run::rows)
        .max()
        .orElseThrow();
  }

  /** Lets the background have its rests. */
  private void finish(Fixture f) {
    Await.until(
        "the probe",
        () -> {
          timer.advanceMillis(1_000);
          return f.session.integrity().isComplete();
        });
  }

  @Test
  void timeUp_oneByOneUntilTheBackgroundHasAnAnswer_thenBatched() {
    try (Fixture f = Fixture.probed(MEMORY, SECOND, timer, model(rows -> 2))) {
      Integrity found = f.session.integrity();
      assertTrue(found.isChecked());
      assertFalse(found.isComplete() || found.allowsBatching() || found.allowsPadding());
      assertSays(
          found.toString(),
          "PT1S",
          "IntegrityOptions.withTimeLimit",
          "goes on in the background",
          "one by one",
          "batch sizes [1, 2], ");
      assertEquals(1, f.session.traits().maxBatchSize());
      assertEquals(256, f.session.traits().potentialBatchSize());
      assertEquals(1, largestRun(f));
      finish(f);
      assertTrue(f.session.integrity().allowsBatching(), f.session.integrity().toString());
      assertEquals(256, f.session.traits().maxBatchSize());
      assertEquals(8, largestRun(f));
    }
  }

  @Test
  void timeUp_backgroundFindsADeviation_staysOneByOne() {
    try (Fixture f = Fixture.probed(MEMORY, SECOND, timer, model(rows -> rows >= 8 ? 2.1 : 2))) {
      assertFalse(f.session.integrity().allowsBatching());
      finish(f);
      assertFalse(f.session.integrity().allowsBatching());
      assertSays(f.session.integrity().toString(), "answers depend on batch-mates");
      assertEquals(1, largestRun(f));
    }
  }

  @Test
  void backgroundRuns_areOneAtATime_andRestBetween() {
    ScriptedModel model = model(rows -> 2);
    try (Fixture f = Fixture.probed(MEMORY, SECOND, timer, model)) {
      // The load's limit, the run's limit, the rest.
      Await.until("the first run, and its rest", () -> timer.scheduled() == 3);
      int loaded = f.model().started() - 1;
      timer.advanceMillis(899); // a run of one row took 100
      assertEquals(loaded + 1, f.model().started(), "it still rests");
      timer.advanceMillis(1);
      Await.until("the second run", () -> f.model().started() == loaded + 2);
    }
  }

  /** Built while the probe is under way; Fixture sees to it that close leaves nothing. */
  @Test
  void batcher_builtBefore_gathersOnceItIsAllowed() {
    ScriptedModel model = model(rows -> 2);
    Fixture f = Fixture.probed(MEMORY, SECOND, timer, model);
    BatchingPredictor<Tensors, Tensors> batched = Batching.upTo(8).decorate(f.session);
    gather(batched, model);
    assertEquals(1, rowsAfter(model, 0), "one by one");
    finish(f);
    int before = model.runs().size();
    gather(batched, model);
    assertTrue(rowsAfter(model, before) > 1, "gathered");
    batched.close();
    f.checkNothingLeft();
  }

  private static int rowsAfter(ScriptedModel model, int from) {
    List<ScriptedModel.Run> runs = model.runs();
    return runs.subList(from == 0 ? runs.size() - 6 : from, runs.size()).stream()
        .mapToInt(ScriptedModel.Run::rows)
        .max()
        .orElseThrow();
  }

  private static void gather(Predictor<Tensors, Tensors> batched, ScriptedModel model) {
    Gate gate = model.block();
    List<CompletableFuture<Tensors>> answers = new ArrayList<>();
    answers.add(batched.submit(x(3)));
    gate.awaitEntered(1);
    for (int i = 0; i < 7; i++) {
      answers.add(batched.submit(x(3)));
    }
    model.unblock();
    gate.open();
    for (CompletableFuture<Tensors> answer : answers) {
      assertEquals(6, Await.value(answer).only().getFloat(0));
    }
  }

  @Test
  void close_whileItRests_leavesNothing() {
    Fixture f = Fixture.probed(MEMORY, SECOND, timer, model(rows -> 2));
    Await.until("a rest", () -> timer.scheduled() == 3);
    f.close();
    assertFalse(f.session.integrity().isComplete(), "and nothing is found out any more");
  }

  @Test
  void close_whileItRuns_stopsIt() {
    ScriptedModel model = model(rows -> 2);
    Gate gate = model.block();
    Fixture[] loaded = new Fixture[1];
    Thread loader =
        new Thread(() -> loaded[0] = Fixture.probed(MEMORY, SessionOptions.DEFAULT, timer, model));
    loader.start();
    gate.awaitEntered(1);
    timer.advance(IntegrityOptions.DEFAULT.timeLimit().toNanos());
    Await.end(loader);
    assertSays(loaded[0].session.integrity().toString(), "one example alone took longer than PT2S");
    assertFalse(loaded[0].session.integrity().isChecked());
    gate.awaitEntered(2); // in the background
    int terminations = model.terminations();
    loaded[0].close();
    assertEquals(terminations + 1, model.terminations());
  }

  @Test
  void runThatNeverEnds_isGivenUp() {
    ScriptedModel model = model(rows -> 2);
    Gate gate = model.block();
    Fixture[] loaded = new Fixture[1];
    Thread loader =
        new Thread(() -> loaded[0] = Fixture.probed(MEMORY, SessionOptions.DEFAULT, timer, model));
    loader.start();
    gate.awaitEntered(1);
    timer.advance(IntegrityOptions.DEFAULT.timeLimit().toNanos());
    Await.end(loader);
    gate.awaitEntered(2);
    timer.advance(Duration.ofMinutes(1).toNanos());
    Await.until("giving up", () -> loaded[0].session.integrity().toString().contains("gave up"));
    assertFalse(loaded[0].session.integrity().allowsBatching());
    loaded[0].close();
  }

  /** The graph does not tell whether it keeps state: the replica that was probed is not served. */
  @Test
  void stateNotExcluded_aFreshReplicaIsServed_theOtherIsProbedAndFreed() {
    List<ScriptedModel> models = Collections.synchronizedList(new ArrayList<>());
    ModelSession session =
        new SessionLoader(
                "m",
                MEMORY,
                () -> {
                  models.add(model(rows -> 2));
                  return List.of(models.get(models.size() - 1).replica());
                },
                true,
                SECOND,
                ServingThreads.withTimer(timer))
            .load();
    assertEquals(2, models.size());
    assertEquals(0, models.get(1).started(), "what is served is fresh");
    assertTrue(session.keepsState(), "as long as it is not known");
    Await.until(
        "the probe",
        () -> {
          timer.advanceMillis(1_000);
          return session.integrity().isComplete();
        });
    assertEquals(0, models.get(1).started());
    assertFalse(session.keepsState());
    assertTrue(session.integrity().allowsBatching());
    Await.until("the probed replica to be freed", () -> models.get(0).closes() == 1);
    assertEquals(4, session.predict(x(2)).only().getFloat(0));
    session.close();
    for (ScriptedModel each : models) {
      assertEquals(List.of(), each.violations());
      assertEquals(1, each.closes());
      assertEquals(0, each.openBindings());
    }
    assertEquals(0, timer.pending());
  }
}

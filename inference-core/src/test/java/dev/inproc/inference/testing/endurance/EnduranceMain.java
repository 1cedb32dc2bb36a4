package dev.inproc.inference.testing.endurance;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.TestDevice;
import dev.inproc.inference.testing.contract.Capability;
import dev.inproc.inference.testing.contract.ContractModels;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The program of a child JVM: a workload, the class of the models, how often. */
final class EnduranceMain {
  /** The exit status if the process grew. */
  static final int GREW = 3;

  /** How much a process may grow over the second half of its work. */
  static final long TOLERANCE_KB = 5 * 1024;

  /** Idle workers end and come back; what leaks once in a hundred times is far beyond this. */
  static final int HANDLES = 2;

  private static final int SAMPLES = 60;

  /** The share of {@link ContractModels#endlessLoops} that a run in quarantine lasts. */
  private static final int QUARANTINE = 350;

  private final ContractModels models;
  private final Tensors input = Tensors.of("x", Tensor.of(new float[16]));

  private EnduranceMain(ContractModels models) {
    this.models = models;
  }

  public static void main(String[] args) throws Exception {
    Class<?> type = Class.forName(args[1]);
    ContractModels models = (ContractModels) type.getConstructor().newInstance();
    EnduranceMain program = new EnduranceMain(models);
    int count = Integer.parseInt(args[2]);
    switch (args[0]) {
      case "close" -> program.close(count);
      case "soak" -> program.soak(count, false);
      case "leak" -> program.soak(count, true);
      case "load" -> program.load(count);
      case "hang" -> program.hang(count);
      default -> throw new IllegalArgumentException(args[0]);
    }
    System.exit(0); // whatever threads an engine left
  }

  private Session open() {
    return models.engine().load(models.tinyMlp(), options().build());
  }

  private static SessionOptions.Builder options() {
    return SessionOptions.builder().devices(TestDevice.selected());
  }

  private void close(int rounds) {
    CloseUnderLoad load = new CloseUnderLoad(models);
    load.rounds(rounds);
    System.out.println(rounds + " closes: " + load);
    if (load.calls() != load.answered() + load.refused()) {
      throw new AssertionError("Calls were lost: " + load);
    }
  }

  // ---- growth ----

  private interface Step {
    void run() throws Exception;
  }

  /** Repeats a step and judges the second half; ends the JVM if it grew. */
  private static void repeat(String what, int count, Step step) throws Exception {
    Growth growth = new Growth();
    for (int i = 0; i < count; i++) {
      step.run();
      if ((i + 1) % (count / SAMPLES) == 0) {
        growth.sample(Vitals.now());
      }
    }
    System.out.println(count + " " + what + ", " + growth);
    if (growth.residentKb() > TOLERANCE_KB || growth.handles() > HANDLES) {
      System.out.println(
          "It grew by more than " + TOLERANCE_KB + " KiB or " + HANDLES + " handles.");
      System.exit(GREW);
    }
  }

  /** The ways to call in turn; a submitted call and one with a deadline each sixteenth time. */
  private void soak(int runs, boolean leaking) throws Exception {
    List<Tensors> eight = Collections.nCopies(8, input);
    int[] turn = {0};
    try (Session session = open()) {
      repeat(
          leaking ? "runs that leak" : "runs",
          runs,
          () -> {
            switch (turn[0]++ % 16) {
              case 3 -> session.submit(input).get();
              case 7 -> session.predictAll(eight);
              case 11 -> session.predict(input, CallOptions.timeout(Duration.ofMinutes(1)));
              default -> session.predict(input);
            }
            if (leaking) {
              models.leak();
            }
          });
    }
  }

  private void load(int cycles) throws Exception {
    repeat(
        "loads and closes",
        cycles,
        () -> {
          try (Session session = open()) {
            session.predict(input);
          }
        });
  }

  // ---- hanging ----

  private static Tensors loops(long loops) {
    float[] x = new float[ContractModels.SLOW_WIDTH];
    Arrays.fill(x, 1);
    return Tensors.of("x", Tensor.of(x), "loops", Tensor.of(Shape.scalar(), loops));
  }

  /**
   * Endless runs, given up by cancel or deadline; then the same bindings must answer. Where a run
   * cannot be stopped it lasts for some milliseconds only, and is in quarantine so long: the worker
   * comes back when it ends.
   */
  private void hang(int rounds) throws Exception {
    long seed = 9;
    Random random = new Random(seed);
    boolean stops = models.lacks(Capability.STOPS_RUNS) == null;
    System.out.println("Seed " + seed);
    Tensors endless = loops(models.endlessLoops() / (stops ? 1 : QUARANTINE) / 2 * 2);
    Tensors quick = loops(2);
    try (Session session =
        models.engine().load(models.slow(), options().parallelism(2).intraOpThreads(1).build())) {
      Tensors expected = session.predict(quick);
      repeat(
          stops ? "runs stopped" : "runs given up",
          rounds,
          () -> {
            long pause = random.nextInt(500_000);
            boolean deadline = random.nextBoolean();
            CallOptions options =
                deadline ? CallOptions.timeout(Duration.ofNanos(pause)) : CallOptions.DEFAULT;
            CompletableFuture<Tensors> victim = session.submit(endless, options);
            if (!deadline) {
              LockSupport.parkNanos(pause);
              victim.cancel(true);
            }
            expectGivenUp(victim, stops);
            // Both workers' bindings, and that of this thread.
            CompletableFuture<Tensors> one = session.submit(quick);
            CompletableFuture<Tensors> two = session.submit(quick);
            check(expected, one.get(30, TimeUnit.SECONDS));
            check(expected, two.get(30, TimeUnit.SECONDS));
            check(expected, session.predict(quick));
          });
    }
  }

  private static void expectGivenUp(CompletableFuture<Tensors> victim, boolean stops)
      throws Exception {
    try {
      victim.get(30, TimeUnit.SECONDS);
      if (stops) {
        throw new AssertionError("An endless run was answered");
      } // else this thread was not woken before the run ended
    } catch (CancellationException e) {
      return;
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof DeadlineExceededException)) {
        throw e;
      }
    }
  }

  private static void check(Tensors expected, Tensors actual) {
    if (!expected.equals(actual)) {
      throw new AssertionError("A wrong answer after a run was stopped");
    }
  }
}

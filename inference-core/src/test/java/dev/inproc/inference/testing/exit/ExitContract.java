package dev.inproc.inference.testing.exit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.contract.Capability;
import dev.inproc.inference.testing.contract.ContractModels;
import dev.inproc.inference.testing.endurance.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Leaving the JVM while models load and answer: no crash, no hang. A few JVMs by default, 200 in
 * the long form.
 */
@Tag("endurance")
public abstract class ExitContract {
  private static final boolean LONG = Boolean.getBoolean("inproc.endurance");
  private static final int PERCENT = Integer.getInteger("inproc.endurance.percent", 100);
  private static final int JVMS = LONG ? Math.max(1, 67 * PERCENT / 100) : 1;
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int SIGTERM = 128 + 15;

  private final ContractModels models;

  @TempDir Path directory;

  /** Creates the suite for an engine. */
  protected ExitContract(ContractModels models) {
    this.models = models;
  }

  @ParameterizedTest
  @ValueSource(strings = {"exit", "term", "close"})
  void jvm_leftUnderLoad_endsSoonWithoutACrash(String way) throws Exception {
    long seed = System.nanoTime();
    System.out.println("EXIT " + way + ", seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < JVMS; i++) {
      leave(Files.createDirectory(directory.resolve("jvm-" + i)), way, random);
    }
  }

  private void leave(Path place, String way, Random random) throws Exception {
    boolean stops = models.lacks(Capability.STOPS_RUNS) == null;
    // A run that cannot be stopped is to end within the time; a framework that closes waits for it.
    long loops = stops && !way.equals("close") ? models.endlessLoops() : 2_000;
    long pause = random.nextInt(200_000);
    long[] left = new long[1];
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            place,
            Duration.ofMinutes(1),
            List.of(),
            (process, output) -> {
              awaitReady(process, output);
              if (way.equals("term")) {
                TimeUnit.MICROSECONDS.sleep(pause);
                process.destroy();
              }
              left[0] = System.nanoTime() + (way.equals("term") ? 0 : pause * 1000);
              process.waitFor(30, TimeUnit.SECONDS);
              left[0] = System.nanoTime() - left[0];
            },
            ExitUnderLoad.class,
            models.getClass().getName(),
            way,
            Long.toString(pause),
            Long.toString(loops));
    assertEquals(List.of(), outcome.crashReports(), outcome::output);
    assertEquals(way.equals("term") ? SIGTERM : 0, outcome.exit(), outcome::output);
    assertFalse(outcome.output().contains(ExitUnderLoad.FAILED), outcome::output);
    assertTrue(left[0] < LIMIT_NANOS, () -> "It took " + left[0] / 1_000_000 + " ms to leave");
  }

  private static void awaitReady(Process process, Path output)
      throws IOException, InterruptedException {
    while (!Files.readString(output).contains(ExitUnderLoad.READY)) {
      assertFalse(process.waitFor(5, TimeUnit.MILLISECONDS), () -> "It ended by itself");
    }
  }
}

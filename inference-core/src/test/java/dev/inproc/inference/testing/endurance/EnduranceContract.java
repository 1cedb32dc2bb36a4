package dev.inproc.inference.testing.endurance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.testing.TestDevice;
import dev.inproc.inference.testing.contract.Capability;
import dev.inproc.inference.testing.contract.ContractModels;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every engine must endure, in child JVMs: no crash, no call lost, no growth. Short by
 * default, which proves no leak above some 100 bytes a run; {@code -Dinproc.endurance=true} runs
 * the long form. {@code -Dinproc.endurance.percent=N} scales it.
 */
@Tag("endurance")
public abstract class EnduranceContract {
  private static final boolean LONG = Boolean.getBoolean("inproc.endurance");
  private static final int PERCENT = Integer.getInteger("inproc.endurance.percent", 100);

  private final ContractModels models;

  @TempDir Path directory;

  /** Creates the suite for an engine. */
  protected EnduranceContract(ContractModels models) {
    this.models = models;
  }

  @BeforeAll
  static void machine_isFit() {
    String reason = TestDevice.whyAbsent();
    if (reason == null && !Vitals.areThere()) {
      reason = "there is no /proc to read the memory of a process from";
    }
    if (reason != null) {
      System.out.println("SKIPPED, endurance: " + reason);
      Assumptions.abort(reason);
    }
  }

  private static int count(int shortForm, int longForm) {
    return LONG ? (int) Math.max(shortForm, (long) longForm * PERCENT / 100) : shortForm;
  }

  private void run(int expectedExit, String workload, int count)
      throws IOException, InterruptedException {
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            directory,
            LONG ? Duration.ofHours(2) : Duration.ofMinutes(3),
            EnduranceMain.class,
            workload,
            models.getClass().getName(),
            Integer.toString(count));
    System.out.print("ENDURANCE " + workload + ": " + outcome.output());
    assertEquals(List.of(), outcome.crashReports(), outcome::output);
    assertEquals(expectedExit, outcome.exit(), outcome::output);
  }

  @Test
  void close_underEightLoadedThreads_neverCrashesNorLosesACall() throws Exception {
    int jvms = count(1, 10);
    for (int i = 0; i < jvms; i++) {
      run(0, "close", count(150, 1000));
    }
  }

  @Test
  void soak_secondHalf_isFlat() throws Exception {
    run(0, "soak", count(100_000, 4_000_000));
  }

  /** The soak's own test: 1 KB a run must turn it red. */
  @Test
  void soak_plantedLeak_isSeen() throws Exception {
    run(EnduranceMain.GREW, "leak", count(100_000, 300_000));
  }

  @Test
  void loadAndClose_overAndOver_leavesNothing() throws Exception {
    run(0, "load", count(1_200, 100_000));
  }

  /** Where runs cannot be stopped: hang, quarantine, reuse. */
  @Test
  void hangTerminateReuse_answersRightly() throws Exception {
    boolean stops = models.lacks(Capability.STOPS_RUNS) == null;
    run(0, "hang", count(stops ? 1_200 : 300, 50_000));
  }
}

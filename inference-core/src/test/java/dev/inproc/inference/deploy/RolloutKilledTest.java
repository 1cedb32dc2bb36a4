package dev.inproc.inference.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.deploy.Peers.Peer;
import dev.inproc.inference.deploy.RolloutMetrics.TriggerMetrics;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.json.JsonException;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.testing.endurance.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed while it runs a rollout: the next one goes on, paused. */
@Tag("endurance")
class RolloutKilledTest {
  private static final int KILLS = Boolean.getBoolean("inproc.endurance") ? 100 : 1;
  private static final int VOTES = 5;

  @TempDir private Path directory;

  /** The child: a canary that fails its first calls. It goes on until it is killed. */
  public static final class Owner {
    private Owner() {}

    /** Rolls out version 2 and casts votes. */
    public static void main(String[] args) throws InterruptedException, IOException {
      Lanes lanes = new Lanes(Timer.system());
      int[] failures = {0};
      lanes.functions.put(
          2L,
          input -> {
            if (failures[0] < VOTES) {
              failures[0]++;
              throw new IllegalStateException("bad model");
            }
            return "2:" + input;
          });
      ModelRepository repository = ModelRepository.open(Path.of(args[0]));
      Deployment<Integer, String> deployment =
          Deployment.builder(lanes).open(repository, "m", "stable");
      deployment.rollOut(
          RolloutPlan.<Integer, String>to(repository.version("m", 2).orElseThrow())
              .withSteps(
                  new RolloutStep(0.5, Duration.ofHours(1), 0),
                  new RolloutStep(1, Duration.ZERO, 0)));
      for (int key = 0; ; key++) {
        try {
          deployment.predict(7, CallOptions.DEFAULT.withAffinityKey("user-" + key));
        } catch (IllegalStateException e) {
          // a vote
        }
        if (key == 1_000) {
          Path file = Path.of(args[0]).resolve(".inproc/rollouts/m/stable/rollout.json");
          long beat = read(file).beat() + 2; // one that began after the calls
          while (read(file).beat() < beat) {
            Thread.sleep(20);
          }
          System.out.println("voted");
        }
        Thread.sleep(key < 1_000 ? 0 : 1);
      }
    }
  }

  private static KeptRollout read(Path file) throws IOException {
    try {
      return KeptRolloutJson.read(Files.readAllBytes(file));
    } catch (JsonException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void killedOwner_leavesItsEvidenceToTheNext() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int kill = 1; kill <= KILLS; kill++) {
      try (Peers peers = new Peers(Files.createDirectory(directory.resolve("k" + kill)))) {
        Process child =
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-Xshare:auto",
                    "-Xmx64m",
                    "-cp",
                    ChildJvm.classPath(),
                    Owner.class.getName(),
                    peers.root.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
          BufferedReader output =
              new BufferedReader(
                  new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
          assertEquals("voted", output.readLine());
          child.waitFor(random.nextInt(kill == 1 ? 100_000 : 2_000_000), TimeUnit.MICROSECONDS);
        } finally {
          child.destroyForcibly(); // SIGKILL
          child.waitFor();
        }
        String when = "seed " + seed + ", kill " + kill;
        long salt = peers.kept().salt();
        Peer next = peers.open();
        Rollout rollout = next.join();
        peers.seconds(20);
        assertEquals(RolloutState.PAUSED, rollout.state(), when);
        assertEquals(salt, peers.kept().salt(), when);
        TriggerMetrics errors =
            rollout.metrics().triggers().stream()
                .filter(each -> each.trigger() == RolloutTrigger.ERRORS)
                .findFirst()
                .orElseThrow();
        assertEquals(VOTES, errors.canaryVotes(), when);
        assertTrue(errors.evidence() > 0.001, when + ": " + errors);
        assertTrue(rollout.metrics().canaryCalls() > 100, when + ": " + rollout);
      }
    }
  }
}

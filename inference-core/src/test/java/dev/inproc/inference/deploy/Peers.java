package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.model.Manifest;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.model.RepositoryOptions;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Deployments that know one another by one repository alone, as those of several processes do. */
final class Peers implements AutoCloseable {
  final ManualTimer timer = new ManualTimer();
  final Path root;
  final List<Peer> all = new ArrayList<>();
  private final Path sources;
  private final ModelRepository publisher;

  Peers(Path directory) throws IOException {
    sources = Files.createDirectories(directory.resolve("sources"));
    root = Files.createDirectory(directory.resolve("models"));
    publisher = openRepository(root);
    publish(1);
    publish(2);
    label(1);
  }

  private static ModelRepository openRepository(Path root) {
    return ModelRepository.open(root, RepositoryOptions.DEFAULT.withPollInterval(Duration.ZERO));
  }

  void publish(long number) throws IOException {
    Path file = Files.writeString(sources.resolve("model" + number), "weights of " + number);
    publisher.publish("m", number, Manifest.builder("fake").build(), Map.of("model", file));
  }

  void label(long number) {
    publisher.setLabel("m", "stable", number, "test", "test");
  }

  long labelled() {
    publisher.refresh();
    return publisher.labels("m").get("stable");
  }

  Peer open() {
    return open("stable", plan -> plan);
  }

  Peer open(@Nullable String label, UnaryOperator<RolloutPlan<Integer, String>> completion) {
    Peer peer = new Peer(label, completion);
    all.add(peer);
    return peer;
  }

  /** Lets seconds pass, and each peer do after each what is due. */
  void seconds(int count) {
    settle();
    for (int i = 0; i < count; i++) {
      timer.advanceMillis(1_000);
      settle();
    }
  }

  void settle() {
    for (Peer each : all) {
      each.settle();
    }
  }

  Path directory() {
    return root.resolve(".inproc").resolve("rollouts").resolve("m").resolve("stable");
  }

  Path file() {
    return directory().resolve("rollout.json");
  }

  KeptRollout kept() {
    try {
      return KeptRolloutJson.read(Files.readAllBytes(file()));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    all.forEach(Peer::close);
    publisher.close();
  }

  /** Files that can be cut off, or fail from a step on. Forced to no disk: that is slow. */
  static final class Cuttable extends FileOperations {
    volatile boolean isCut;
    final AtomicInteger stepsLeft = new AtomicInteger(Integer.MAX_VALUE);

    @Override
    public void step() {
      if (stepsLeft.decrementAndGet() < 0) {
        isCut = true;
      }
      check();
    }

    private void check() {
      if (isCut) {
        Cuttable.<RuntimeException>sneak(new IOException("cut off"));
      }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // step() declares none
    private static <E extends Throwable> void sneak(Throwable failure) throws E {
      throw (E) failure;
    }

    @Override
    public @Nullable Stat stat(Path path) throws IOException {
      check();
      return super.stat(path);
    }

    @Override
    public byte[] read(Path file, int most) throws IOException {
      check();
      return super.read(file, most);
    }

    @Override
    public void force(FileChannel channel) {}
  }

  /** One of them. */
  final class Peer {
    final Lanes lanes = new Lanes(timer);
    final Cuttable files = new Cuttable();
    final ModelRepository repository = openRepository(root);
    final Deployment<Integer, String> deployment;
    private final RolloutKeeper<Integer, String> keeper;
    private volatile boolean isCanaryBad;

    Peer(@Nullable String label, UnaryOperator<RolloutPlan<Integer, String>> completion) {
      lanes.functions.put(
          2L,
          input -> {
            if (isCanaryBad) {
              throw new IllegalStateException("bad model");
            }
            return "2:" + input;
          });
      Assembly<Integer, String> parts =
          Assembly.of(
              repository,
              "m",
              label,
              false,
              lanes,
              new DeploymentSettings<>(
                  List.of(), List.of(), (version, input, answer) -> {}, 600_000_000_000L),
              new RolloutSettings<>(completion, files));
      deployment = new Deployment<>(parts);
      keeper = (RolloutKeeper<Integer, String>) parts.rollouts().store();
    }

    void settle() {
      Await.value(keeper.settled());
    }

    ModelVersion version(long number) {
      return repository.version("m", number).orElseThrow();
    }

    /** Half of the keys for some minutes, then all. */
    RolloutPlan<Integer, String> plan(double... shares) {
      RolloutStep[] steps = new RolloutStep[shares.length];
      for (int i = 0; i < shares.length; i++) {
        steps[i] = new RolloutStep(shares[i], Duration.ofMinutes(1), 0);
      }
      return RolloutPlan.<Integer, String>to(version(2))
          .withSteps(steps)
          .withBake(Duration.ofMinutes(1));
    }

    Rollout rollOut(double... shares) {
      return deployment.rollOut(plan(shares));
    }

    /** Takes part within a poll. */
    Rollout join() {
      for (int i = 0; i < 10 && deployment.rollout().isEmpty(); i++) {
        seconds(1);
        if (i >= 5) {
          Await.until("the canary to be loaded", () -> deployment.rollout().isPresent());
        }
      }
      return deployment.rollout().orElseThrow();
    }

    RolloutState state() {
      return deployment.rollout().map(Rollout::state).orElse(null);
    }

    String arm(int key) {
      Optional<String> arm =
          deployment.answers().predict(7, CallOptions.DEFAULT.withAffinityKey("user-" + key)).arm();
      return arm.orElse("none");
    }

    Set<Integer> keysOf(String arm, int count) {
      Set<Integer> keys = new HashSet<>();
      for (int key = 0; key < count; key++) {
        if (arm(key).equals(arm)) {
          keys.add(key);
        }
      }
      return keys;
    }

    /** Calls with keys from a number on; returns how many failed. */
    int call(int from, int count) {
      int failed = 0;
      for (int key = from; key < from + count; key++) {
        try {
          deployment.predict(7, CallOptions.DEFAULT.withAffinityKey("user-" + key));
        } catch (IllegalStateException e) {
          failed++;
        }
      }
      return failed;
    }

    void canaryFails() {
      isCanaryBad = true;
    }

    /** Ends without a word to others. */
    void crash() {
      files.isCut = true;
      close();
      all.remove(this);
    }

    void close() {
      deployment.close();
      repository.close();
    }

    <T> T value(CompletableFuture<T> future) {
      return Await.value(future);
    }
  }
}

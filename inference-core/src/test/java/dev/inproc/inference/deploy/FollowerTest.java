package dev.inproc.inference.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.model.Manifest;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.model.RepositoryOptions;
import dev.inproc.inference.testing.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Deployments of a repository, which look at it only when a test says so. */
class FollowerTest {
  @TempDir private Path directory;
  private final Lanes lanes = new Lanes();
  private ModelRepository repository;
  private Path root;

  @BeforeEach
  void open() throws IOException {
    root = Files.createDirectory(directory.resolve("models"));
    repository =
        ModelRepository.open(root, RepositoryOptions.DEFAULT.withPollInterval(Duration.ZERO));
    publish(1);
  }

  @AfterEach
  void close() {
    repository.close();
    lanes.made.forEach(lane -> assertTrue(lane.isClosed(), lane::toString));
  }

  private ModelVersion publish(long number) throws IOException {
    Path file = directory.resolve("model" + number);
    Files.writeString(file, "weights of " + number);
    Manifest manifest = Manifest.builder("fake").warmUpBatchSizes(List.of(1, 8)).build();
    return repository.publish("m", number, manifest, Map.of("model", file));
  }

  private void label(long number) {
    repository.setLabel("m", "stable", number, "test", "test");
  }

  private long labelled() {
    return repository.labels("m").get("stable");
  }

  private void awaitVersion(Deployment<?, ?> deployment, long number) {
    Await.until("version " + number, () -> deployment.version().version() == number);
  }

  @Test
  void newestVersion_isServedAndFollowed() throws IOException {
    publish(2);
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m")) {
      assertEquals("2:7", deployment.predict(7));
      publish(10);
      awaitVersion(deployment, 10);
      assertEquals("10:7", deployment.predict(7));
      publish(9); // a lower number is no news
      repository.refresh();
      publish(11);
      awaitVersion(deployment, 11);
      assertEquals(3, lanes.made.size());
    }
  }

  @Test
  void newestVersion_thatVanishes_isNotReplacedByALowerOne() throws IOException {
    ModelVersion ten = publish(10);
    DeploymentSettings<Integer, String> settings =
        new DeploymentSettings<>(List.of(), List.of(), (version, input, answer) -> {}, 0);
    Assembly<Integer, String> parts =
        Assembly.of(
            repository,
            "m",
            null,
            false,
            lanes,
            settings,
            new RolloutSettings<>(plan -> plan, new FileOperations()));
    SerialTasks tasks = new SerialTasks(lanes.threads.workers());
    Follower follower =
        new Follower(
            repository,
            "m",
            null,
            parts.switcher(),
            tasks,
            new LabelWriter.Wanted(ten),
            lanes.timer);
    delete(root.resolve("m").resolve("10"));
    ModelVersion nine = publish(9);
    repository.refresh();
    follower.versionAdded(nine);
    CountDownLatch looked = new CountDownLatch(1);
    tasks.add(looked::countDown);
    Await.latch(looked);
    assertEquals(0, parts.switcher().commands());
    parts.switcher().close();
  }

  @Test
  void deploymentThatDoesNotFollow_stays() throws IOException {
    label(1);
    try (var newest = Deployment.builder(lanes).open(repository, "m");
        var labelled = Deployment.builder(lanes).open(repository, "m", "stable")) {
      publish(2);
      label(2);
      repository.refresh();
      assertEquals("1:7", newest.predict(7));
      assertEquals("1:7", labelled.predict(7));
      assertEquals(2, lanes.made.size());
    }
  }

  @Test
  void label_movedByAnyone_isFollowed() throws IOException {
    publish(2);
    label(1);
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m", "stable")) {
      assertEquals("1:7", deployment.predict(7));
      label(2);
      awaitVersion(deployment, 2);
      label(1);
      awaitVersion(deployment, 1);
      assertEquals(2, lanes.made.size()); // it was warm
    }
  }

  @Test
  void label_movesWithACommand_onceTheVersionAnswers() throws IOException {
    publish(2);
    publish(3);
    label(1);
    lanes.onCreate.put(2L, () -> assertEquals(1, labelled()));
    lanes.onCreate.put(
        3L,
        () -> {
          throw new IllegalStateException("bad");
        });
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m", "stable")) {
      assertTrue(deployment.switchTo(repository.version("m", 2).orElseThrow(), "better"));
      assertEquals(2, labelled());
      assertEquals("better", repository.history("m").get(1).reason());
      ModelVersion bad = repository.version("m", 3).orElseThrow();
      assertThrows(ModelLoadException.class, () -> deployment.switchTo(bad));
      assertEquals(2, labelled());
      Rollback rollback = deployment.rollBack("worse");
      Await.value(rollback.durable().toCompletableFuture());
      assertEquals(1, labelled());
      repository.refresh();
      assertEquals("1:7", deployment.predict(7));
    }
  }

  @Test
  void rollBack_ofAFollowedLabel_movesItBackAndStays() throws IOException {
    publish(2);
    label(1);
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m", "stable")) {
      label(2);
      awaitVersion(deployment, 2);
      Await.value(deployment.rollBack("alarms").durable().toCompletableFuture());
      assertEquals(1, labelled());
      repository.refresh();
      publish(3); // an event, at which the follower looks
      assertEquals("1:7", deployment.predict(7));
      label(2); // someone insists
      awaitVersion(deployment, 2);
    }
  }

  @Test
  void rollBack_whileAFollowedLabelLoads_movesItBack() throws IOException {
    publish(2);
    label(1);
    CountDownLatch loading = new CountDownLatch(1);
    lanes.onCreate.put(
        2L,
        () -> {
          loading.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m", "stable")) {
      label(2);
      Await.latch(loading);
      Rollback rollback = deployment.rollBack("no");
      assertTrue(rollback.isDone());
      Await.value(rollback.durable().toCompletableFuture());
      assertEquals(1, labelled());
      assertEquals("1:7", deployment.predict(7));
    }
  }

  @Test
  void rollBack_fromTheNewestVersion_isNotUndoneByAPoll() throws IOException {
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m")) {
      publish(2);
      awaitVersion(deployment, 2);
      assertTrue(deployment.rollBack("alarms").isDone());
      repository.refresh();
      publish(3);
      awaitVersion(deployment, 3);
      assertEquals(3, lanes.made.size());
    }
  }

  @Test
  void refusedVersion_isNotTriedAgainUntilItsManifestChanges() throws IOException {
    AtomicInteger tries = new AtomicInteger();
    lanes.onCreate.put(
        2L,
        () -> {
          if (tries.incrementAndGet() == 1) {
            throw new IllegalStateException("unsupported operator");
          }
        });
    label(1);
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m")) {
      publish(2);
      Await.until("the refusal", () -> deployment.metrics().refused() == 1);
      repository.refresh();
      label(1);
      AtomicInteger hours = new AtomicInteger();
      Await.until(
          "hours to pass, which a retry would see",
          () -> {
            lanes.timer.advance(Duration.ofHours(1).toNanos());
            return hours.incrementAndGet() == 500;
          });
      assertEquals(1, tries.get());
      assertEquals("1:7", deployment.predict(7));
      delete(root.resolve("m").resolve("2"));
      repository.refresh();
      Files.writeString(directory.resolve("model2"), "other weights");
      Manifest other = Manifest.builder("fake").displayName("repaired").build();
      repository.publish("m", 2, other, Map.of("model", directory.resolve("model2")));
      awaitVersion(deployment, 2);
      assertEquals(2, tries.get());
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @Test
  void failureThatMayPass_isTriedAgainWithLongerAndLongerPauses() throws IOException {
    AtomicInteger tries = new AtomicInteger();
    lanes.onCreate.put(
        2L,
        () -> {
          if (tries.incrementAndGet() < 4) {
            throw new UncheckedIOException(new IOException("stale file handle"));
          }
        });
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m")) {
      publish(2);
      for (int failed = 1; failed < 4; failed++) {
        Await.until("a retry to be due", () -> lanes.timer.pending() == 2);
        assertEquals(failed, tries.get());
        lanes.timer.advanceMillis((1000L << (failed - 1)) - 1);
        assertEquals(2, lanes.timer.pending(), "not before its time");
        lanes.timer.advanceMillis((1000L << (failed - 1)) / 4 + 2);
      }
      awaitVersion(deployment, 2);
      assertEquals(4, tries.get());
    }
    assertEquals(0, lanes.timer.pending());
  }

  @Test
  void retry_afterAnotherCommand_isDropped() throws IOException {
    lanes.onCreate.put(
        2L,
        () -> {
          throw new UncheckedIOException(new IOException("stale file handle"));
        });
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m")) {
      publish(2);
      Await.until("a retry to be due", () -> lanes.timer.pending() == 2);
      assertFalse(deployment.switchTo(deployment.version()));
      lanes.onCreate.clear();
      lanes.timer.advance(Duration.ofMinutes(5).toNanos());
      CompletableFuture<Boolean> after = new CompletableFuture<>();
      lanes.threads.workers().turn(this, () -> after.complete(true));
      assertTrue(Await.value(after));
      assertEquals("1:7", deployment.predict(7));
    }
  }

  @Test
  void brokenNewestVersion_atTheStart_leavesTheOneBefore() throws IOException {
    publish(2);
    lanes.onCreate.put(
        2L,
        () -> {
          throw new IllegalStateException("unsupported operator");
        });
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m")) {
      assertEquals("1:7", deployment.predict(7));
    }
    lanes.onCreate.put(1L, lanes.onCreate.get(2L));
    ModelLoadException e =
        assertThrows(
            ModelLoadException.class, () -> Deployment.builder(lanes).open(repository, "m"));
    assertTrue(e.getMessage().contains("m@2"), e::getMessage);
  }

  @Test
  void modelOrLabelThatIsNotThere_isNamed() {
    ModelLoadException model =
        assertThrows(
            ModelLoadException.class, () -> Deployment.builder(lanes).open(repository, "other"));
    assertTrue(model.getMessage().contains("other"), model::getMessage);
    ModelLoadException label =
        assertThrows(
            ModelLoadException.class,
            () -> Deployment.builder(lanes).open(repository, "m", "canary"));
    assertTrue(label.getMessage().contains("canary"), label::getMessage);
  }

  @Test
  void changedFile_isRefusedByItsDigest() throws IOException {
    try (var deployment = Deployment.builder(lanes).open(repository, "m")) {
      ModelVersion two = publish(2);
      Files.writeString(root.resolve("m").resolve("2").resolve("model"), "Weights of 2");
      FileTime later = FileTime.from(Instant.now().plusSeconds(60)); // not within a clock's tick
      Files.setLastModifiedTime(root.resolve("m").resolve("2").resolve("model"), later);
      ModelLoadException e = assertThrows(ModelLoadException.class, () -> deployment.switchTo(two));
      assertTrue(e.getMessage().contains("not as published"), e::getMessage);
      assertEquals(1, lanes.made.size());
    }
  }

  @Test
  void storageThatVanishes_unloadsNothing() throws IOException {
    label(1);
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m", "stable")) {
      Files.move(root, directory.resolve("gone"));
      repository.refresh();
      assertTrue(repository.isMissing());
      assertEquals("1:7", deployment.predict(7));
      Files.move(directory.resolve("gone"), root);
      repository.refresh();
      publish(2);
      label(2);
      awaitVersion(deployment, 2);
    }
  }

  @Test
  void rollBack_thatCannotBeWritten_failsTheStageAndIsNotUndone() throws IOException {
    ModelVersion two = publish(2);
    label(1);
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m", "stable")) {
      assertTrue(deployment.switchTo(two));
      Files.move(root, directory.resolve("gone"));
      Rollback rollback = deployment.rollBack("alarms");
      assertTrue(rollback.isDone());
      Await.failure(rollback.durable().toCompletableFuture());
      assertEquals("1:7", deployment.predict(7));
      Files.move(directory.resolve("gone"), root);
      repository.refresh();
      publish(3); // an event, at which the follower looks
      assertEquals("1:7", deployment.predict(7));
      label(3);
      awaitVersion(deployment, 3);
      assertEquals(3, lanes.made.size(), "version 2 was not taken up again");
    }
  }

  @Test
  void switch_thatCannotBeWritten_serves() throws IOException {
    ModelVersion two = publish(2);
    label(1);
    lanes.onCreate.put(
        2L,
        () -> {
          try {
            Files.move(root, directory.resolve("gone"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    try (var deployment = Deployment.builder(lanes).open(repository, "m", "stable")) {
      assertTrue(deployment.switchTo(two));
      assertEquals("2:7", deployment.predict(7));
    }
  }

  @Test
  void manifestsBatchSizes_areWarmedUp() {
    try (var deployment = Deployment.builder(lanes).warmUp(List.of(1)).open(repository, "m")) {
      assertEquals(2 + 2 + 1, lanes.last().calls.get());
      assertEquals("1:7", deployment.predict(7));
    }
  }

  @Test
  void switchTo_theServingVersionWhileALabelLoads_movesTheLabelBack() throws IOException {
    publish(2);
    label(1);
    CountDownLatch loading = new CountDownLatch(1);
    lanes.onCreate.put(
        2L,
        () -> {
          loading.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    try (var deployment = Deployment.builder(lanes).follow().open(repository, "m", "stable")) {
      label(2);
      Await.latch(loading);
      assertFalse(deployment.switchTo(repository.version("m", 1).orElseThrow(), "stay"));
      assertEquals(1, labelled());
      assertEquals("1:7", deployment.predict(7));
    }
  }

  /** The label is moved by another after a switch in memory, and before that is on disk. */
  @Test
  void labelMoved_beforeASwitchIsWritten_isServedAndKept() throws Exception {
    publish(2);
    ModelVersion three = publish(3);
    label(1);
    DeploymentSettings<Integer, String> settings =
        new DeploymentSettings<>(List.of(), List.of(), (version, input, answer) -> {}, 0);
    LaneLoader<Integer, String> loader = new LaneLoader<>("m", lanes, settings);
    ModelVersion one = repository.version("m", 1).orElseThrow();
    Router<Integer, String> router =
        new Router<>(new RoutingTable<>(FirstLane.load(loader, one)), lanes.timer);
    SerialTasks tasks = new SerialTasks(lanes.threads.workers());
    LabelWriter.Wanted wanted = new LabelWriter.Wanted(one);
    ServingTable<Integer, String> table = new ServingTable<>(router, lanes.timer);
    LaneRetirement<Integer, String> retirement = new LaneRetirement<>("m", lanes.threads, 0);
    Decisions decisions = new LabelWriter(repository, "m", "stable", tasks, wanted);
    VersionSwitcher<Integer, String> switcher =
        new VersionSwitcher<>(
            "m",
            router,
            table,
            new Rollouts<>("m", table, retirement, lanes.threads, decisions),
            new Experiments<>("m", table, retirement, lanes.threads),
            loader,
            retirement,
            lanes.threads,
            decisions);
    Follower follower =
        new Follower(repository, "m", "stable", switcher, tasks, wanted, lanes.timer);
    follower.start(null);
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch waits = new CountDownLatch(1);
    tasks.add(
        () -> {
          waits.countDown();
          Await.latch(go);
        });
    Await.latch(waits);
    label(2);
    follower.labelMoved("stable", repository.version("m", 2).orElseThrow());
    Candidate third = switcher.begin(new Candidate(three, "", false, null));
    Await.value(third.outcome);
    go.countDown();
    Await.value(third.durable);
    Await.until("version 2", () -> router.table().stable().version.version() == 2);
    assertEquals(2, labelled());
    follower.close();
    switcher.close();
  }

  @Test
  void switchTo_aVersionThatTheRepositoryHasNot_moveNoLabel() throws IOException {
    publish(2);
    label(1);
    byte[] bytes = {2};
    try (var deployment = Deployment.builder(lanes).open(repository, "m", "stable")) {
      assertTrue(deployment.switchTo(ModelVersion.of("m", 2, ModelSource.bytes("m", bytes))));
      assertEquals("2:7", deployment.predict(7));
      assertEquals(1, labelled());
    }
  }
}

package dev.inproc.inference.model;

import static dev.inproc.inference.model.RepositoryFixture.NO_POLLS;
import static dev.inproc.inference.model.RepositoryFixture.delete;
import static dev.inproc.inference.model.RepositoryFixture.manifest;
import static dev.inproc.inference.model.RepositoryFixture.put;
import static dev.inproc.inference.model.RepositoryFixture.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.model.RepositoryFixture.Counting;
import dev.inproc.inference.model.RepositoryOptions.ForeignLayout;
import dev.inproc.inference.model.VersionStatus.State;
import dev.inproc.inference.testing.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class PollingTest {
  @TempDir private Path root;

  /** Fails for some directories, as storage does that is unwell. */
  private static final class Broken extends Counting {
    final Set<Path> broken = new HashSet<>();
    final AtomicInteger tries = new AtomicInteger();

    private void check(Path path) throws IOException {
      if (broken.stream().anyMatch(path::startsWith)) {
        tries.incrementAndGet();
        throw new IOException("Input/output error");
      }
    }

    @Override
    public List<String> list(Path directory) throws IOException {
      check(directory);
      return super.list(directory);
    }

    @Override
    public byte[] read(Path file, int most) throws IOException {
      check(file);
      return super.read(file, most);
    }
  }

  private static void poll(RepositoryFixture fixture) {
    int waiting = fixture.timer.pending();
    assertEquals(1, waiting);
    fixture.timer.advanceMillis(5_000);
    Await.until("the next poll to be scheduled", () -> fixture.timer.pending() == 1);
  }

  private RepositoryFixture polling(FileOperations operations) {
    return new RepositoryFixture(root, RepositoryOptions.DEFAULT, operations);
  }

  @Test
  void poll_newVersionAndLabel_areTold() {
    put(root, "fraud", "1", Map.of("m", "x"));
    try (RepositoryFixture fixture = polling(new FileOperations())) {
      put(root, "fraud", "2", Map.of("m", "y"));
      fixture.label("fraud", "{\"stable\": 2, \"future\": 3}");
      poll(fixture);
      assertEquals(List.of("added fraud@2", "stable is fraud@2"), fixture.told(2));
      assertEquals(2, fixture.repository.label("fraud", "stable").orElseThrow().version());
      assertTrue(fixture.repository.label("fraud", "future").isEmpty()); // to a missing version
      assertEquals(Map.of("stable", 2L, "future", 3L), fixture.repository.labels("fraud"));
      put(root, "fraud", "3", Map.of("m", "z"));
      poll(fixture);
      assertEquals(List.of("added fraud@3", "future is fraud@3"), fixture.told(2));
      delete(root.resolve("fraud/1"));
      poll(fixture);
      assertEquals(List.of("removed fraud@1"), fixture.told(1));
    }
  }

  @Test
  void poll_damagedLabels_leaveThoseOfBefore() {
    put(root, "fraud", "1", Map.of("m", "x"));
    try (RepositoryFixture fixture = polling(new FileOperations())) {
      fixture.label("fraud", "{\"stable\": 1}");
      poll(fixture);
      for (String text : List.of("{\"stable\": ", "", "{\"stable\": \"1\"}", "{\"../x\": 1}")) {
        fixture.label("fraud", text);
        poll(fixture);
        assertEquals(Map.of("stable", 1L), fixture.repository.labels("fraud"), text);
        assertEquals(1, fixture.repository.notes("fraud").size());
      }
      assertEquals(List.of("stable is fraud@1"), fixture.toldAtAll());
    }
  }

  // ---- cost ----

  @Test
  void poll_nothingNew_readsNoFile() {
    for (int model = 0; model < 40; model++) {
      for (int version = 1; version <= 10; version++) {
        put(root, "model" + model, Integer.toString(version), Map.of("m", "x"));
      }
      write(root.resolve("model" + model + "/labels.json"), "{\"stable\": 3}");
    }
    Counting operations = new Counting();
    try (RepositoryFixture fixture = polling(operations)) {
      assertEquals(400 + 40, operations.reads.get());
      poll(fixture);
      assertEquals(400 + 80, operations.reads.get()); // labels twice: a clock may be coarse
      operations.reads.set(0);
      operations.stats.set(0);
      operations.lists.set(0);
      for (int i = 0; i < 12; i++) {
        poll(fixture);
      }
      assertEquals(0, operations.reads.get());
      // One list a model and two of the root; the labels; each manifest once in twelve polls.
      assertEquals(12 * 42, operations.lists.get());
      assertEquals(12 * 40 + 400, operations.stats.get());
      assertTrue(fixture.toldAtAll().isEmpty());
    }
  }

  @Test
  @Tag("endurance")
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void poll_aThousandModelsOfTenVersions_readsNoFile() {
    for (int model = 0; model < 1_000; model++) {
      for (int version = 1; version <= 10; version++) {
        put(root, "model" + model, Integer.toString(version), Map.of("m", "x"));
      }
    }
    Counting operations = new Counting();
    try (RepositoryFixture fixture = polling(operations)) {
      assertEquals(10_000, operations.reads.get());
      operations.reads.set(0);
      long[] millis = new long[36];
      for (int i = 0; i < millis.length; i++) {
        long start = System.nanoTime();
        poll(fixture);
        millis[i] = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      }
      assertEquals(0, operations.reads.get());
      Arrays.sort(millis);
      System.out.println("Polls of 1,000 models of 10 versions, ms: " + Arrays.toString(millis));
    }
  }

  @Test
  void poll_twoHundredModelsTouchedAtOnce_changesNothing() throws IOException {
    for (int i = 0; i < 200; i++) {
      put(root, "model" + i, "1", Map.of("m", "x"));
    }
    Counting operations = new Counting();
    try (RepositoryFixture fixture = new RepositoryFixture(root, NO_POLLS, operations)) {
      List<ModelVersion> before = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        before.add(fixture.repository.version("model" + i, 1).orElseThrow());
        Files.setLastModifiedTime(
            root.resolve("model" + i + "/1/manifest.json"), FileTime.fromMillis(1_000));
      }
      fixture.repository.refresh();
      for (int i = 0; i < 200; i++) {
        assertSame(before.get(i), fixture.repository.version("model" + i, 1).orElseThrow());
      }
      assertTrue(fixture.toldAtAll().isEmpty());
      operations.reads.set(0);
      fixture.repository.refresh();
      assertEquals(0, operations.reads.get()); // each was read once for its touch
    }
  }

  @Test
  void poll_ownChanges_areToldOnce() {
    try (RepositoryFixture fixture = polling(new FileOperations())) {
      write(root.resolve("../source.bin").normalize(), "x");
      Path source = root.resolve("../source.bin").normalize();
      Manifest manifest = Manifest.builder("test").build();
      fixture.repository.publish("fraud", manifest, Map.of("model.bin", source));
      fixture.repository.setLabel("fraud", "stable", 1, "me", "first");
      for (int i = 0; i < 13; i++) {
        poll(fixture);
      }
      assertEquals(List.of("added fraud@1", "stable is fraud@1"), fixture.toldAtAll());
      assertTrue(fixture.repository.notes("fraud").isEmpty());
      assertFalse(fixture.repository.models().contains(".inproc"));
      delete(source);
    }
  }

  @Test
  void look_manifestReplacedByAnOlderOne_isSeen() throws IOException {
    Path directory = put(root, "fraud", "1", Map.of("m", "x"));
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelVersion before = fixture.repository.version("fraud", 1).orElseThrow();
      write(directory.resolve("m"), "y"); // of the same size, and the clock was set back
      write(directory.resolve("manifest.json"), manifest(Map.of("m", "y")));
      Files.setLastModifiedTime(directory.resolve("manifest.json"), FileTime.fromMillis(0));
      fixture.repository.refresh();
      ModelVersion after = fixture.repository.version("fraud", 1).orElseThrow();
      assertFalse(before.equals(after));
      after.verify();
      assertEquals(List.of("removed fraud@1", "added fraud@1"), fixture.toldAtAll());
    }
  }

  // ---- failures ----

  @Test
  void poll_oneBrokenModel_doesNotStopTheOthers() {
    put(root, "bad", "1", Map.of("m", "x"));
    put(root, "good", "1", Map.of("m", "x"));
    Broken operations = new Broken();
    try (RepositoryFixture fixture = polling(operations)) {
      operations.broken.add(root.resolve("bad"));
      put(root, "aaa", "1", Map.of("m", "x"));
      put(root, "good", "2", Map.of("m", "x"));
      poll(fixture);
      assertEquals(List.of(1L), fixture.versions("bad")); // what was known stays
      assertEquals(List.of(1L, 2L), fixture.versions("good"));
      assertEquals(List.of(1L), fixture.versions("aaa"));
      assertEquals(Set.of("added good@2", "added aaa@1"), Set.copyOf(fixture.told(2)));
    }
  }

  @Test
  void poll_failureThatMayPass_isTriedLessAndLessOftenAndHeals() {
    put(root, "bad", "1", Map.of("m", "x"));
    put(root, "good", "1", Map.of("m", "x"));
    Broken operations = new Broken();
    operations.broken.add(root.resolve("bad/1/manifest.json"));
    try (RepositoryFixture fixture = polling(operations)) {
      assertEquals(State.RETRYING, fixture.repository.status("bad").get(0).state());
      operations.tries.set(0);
      int hour = (int) TimeUnit.HOURS.toSeconds(1) / 5;
      for (int i = 0; i < hour; i++) {
        poll(fixture);
      }
      // 1, 2, 4, ... 256 s, then each 225 to 300 s.
      int tries = operations.tries.get();
      assertTrue(tries >= 16 && tries <= 26, tries + " tries in an hour");
      operations.broken.clear();
      for (int i = 0; i < 61; i++) {
        poll(fixture);
      }
      assertEquals(List.of(1L), fixture.versions("bad"));
      assertEquals(List.of("added bad@1"), fixture.toldAtAll());
    }
  }

  @Test
  void refresh_whileAFailureWaitsForItsNextTry_looks() {
    put(root, "bad", "1", Map.of("m", "x"));
    Broken operations = new Broken();
    operations.broken.add(root.resolve("bad/1/manifest.json"));
    try (RepositoryFixture fixture = polling(operations)) {
      assertEquals(State.RETRYING, fixture.repository.status("bad").get(0).state());
      operations.broken.clear();
      fixture.repository.refresh();
      assertEquals(List.of(1L), fixture.versions("bad"));
    }
  }

  @Test
  void poll_whatThrowsUnexpectedly_isFollowedByTheNext() {
    put(root, "fraud", "1", Map.of("m", "x"));
    AtomicInteger left = new AtomicInteger();
    FileOperations operations =
        new FileOperations() {
          @Override
          public List<String> list(Path directory) throws IOException {
            if (left.getAndDecrement() > 0) {
              throw new IllegalStateException("planted");
            }
            return super.list(directory);
          }
        };
    try (RepositoryFixture fixture = polling(operations)) {
      left.set(1);
      put(root, "fraud", "2", Map.of("m", "x"));
      poll(fixture);
      poll(fixture);
      assertEquals(List.of("added fraud@2"), fixture.told(1));
    }
  }

  // ---- storage that vanishes ----

  @Test
  void poll_rootEmptiedOrGone_forgetsNothingAndGoesOn() throws IOException {
    Path mount = root.resolve("mount");
    Path volume = root.resolve("volume");
    put(volume, "fraud", "1", Map.of("m", "x"));
    put(volume, "other", "1", Map.of("m", "x"));
    Files.createSymbolicLink(mount, volume);
    try (RepositoryFixture fixture =
        new RepositoryFixture(mount, RepositoryOptions.DEFAULT, new FileOperations())) {
      ModelVersion version = fixture.repository.version("fraud", 1).orElseThrow();
      Path empty = Files.createDirectory(root.resolve("empty"));
      write(empty.resolve("README"), "the volume is mounted here");
      for (Path other : List.of(root.resolve("nowhere"), empty)) {
        Files.delete(mount);
        Files.createSymbolicLink(mount, other); // unmounted, or an empty mount point
        poll(fixture);
        poll(fixture);
        assertTrue(fixture.repository.isMissing());
        assertEquals(version, fixture.repository.version("fraud", 1).orElseThrow());
        assertThrows(
            UncheckedIOException.class,
            () -> fixture.repository.setLabel("fraud", "stable", 1, "me", "lost"));
        assertThrows(
            UncheckedIOException.class,
            () ->
                fixture.repository.publish(
                    "fraud",
                    Manifest.builder("test").build(),
                    Map.of("m", volume.resolve("fraud/1/m"))));
        Files.delete(mount);
        Files.createSymbolicLink(mount, volume);
        poll(fixture);
        assertFalse(fixture.repository.isMissing());
        assertEquals(List.of("missing", "found"), fixture.told(2));
      }
      try (var files = Files.list(empty)) {
        assertEquals(1, files.count()); // nothing was written where the volume was
      }
      put(volume, "fraud", "2", Map.of("m", "y"));
      poll(fixture);
      assertEquals(List.of("added fraud@2"), fixture.told(1));
      delete(volume.resolve("other")); // one model that goes is no storage that goes
      poll(fixture);
      assertEquals(List.of("removed other@1"), fixture.told(1));
    }
  }

  @Test
  void look_rootEmptiedWhileItIsLookedAt_forgetsNothing() {
    put(root, "a", "1", Map.of("m", "x"));
    put(root, "b", "1", Map.of("m", "x"));
    AtomicInteger lists = new AtomicInteger(Integer.MAX_VALUE);
    FileOperations operations =
        new FileOperations() {
          @Override
          public List<String> list(Path directory) throws IOException {
            if (lists.getAndDecrement() == 0) { // the root and one model were seen
              RepositoryFixture.delete(root.resolve("a"));
              RepositoryFixture.delete(root.resolve("b"));
            }
            return super.list(directory);
          }
        };
    try (RepositoryFixture fixture = new RepositoryFixture(root, NO_POLLS, operations)) {
      lists.set(2);
      fixture.repository.refresh();
      assertTrue(fixture.repository.isMissing());
      assertEquals(List.of("a", "b"), fixture.repository.models());
      assertEquals(List.of(1L), fixture.versions("a"));
      assertEquals(List.of("missing"), fixture.told(1));
    }
  }

  @Test
  void open_directoryThatIsNotThere_isWaitedFor() {
    try (RepositoryFixture fixture =
        new RepositoryFixture(
            root.resolve("later"), RepositoryOptions.DEFAULT, new FileOperations())) {
      assertTrue(fixture.repository.isMissing());
      put(root.resolve("later"), "fraud", "1", Map.of("m", "x"));
      poll(fixture);
      assertEquals(List.of("found", "added fraud@1"), fixture.told(2));
    }
  }

  // ---- layouts of other servers ----

  @Test
  void poll_foreignLayouts_countAfterTwoUnchangedLooksAndTenSeconds() {
    write(root.resolve("tf/1/saved_model.pb"), "graph");
    write(root.resolve("tf/1/variables/variables.index"), "index");
    write(root.resolve("triton/config.pbtxt"), "name: \"triton\"");
    write(root.resolve("triton/2/model.onnx"), "onnx");
    RepositoryOptions options =
        RepositoryOptions.DEFAULT.withForeignLayouts(
            ForeignLayout.TF_SERVING, ForeignLayout.TRITON);
    try (RepositoryFixture fixture = new RepositoryFixture(root, options, new FileOperations())) {
      poll(fixture); // 5 s
      assertTrue(fixture.versions("tf").isEmpty());
      write(root.resolve("tf/1/variables/variables.data"), "still copied");
      poll(fixture); // 10 s, two looks: the other one is ready
      assertEquals(List.of(2L), fixture.versions("triton"));
      assertTrue(fixture.versions("tf").isEmpty());
      poll(fixture);
      assertTrue(fixture.versions("tf").isEmpty());
      poll(fixture);
      ModelVersion version = fixture.repository.version("tf", 1).orElseThrow();
      assertEquals(List.of("added triton@2", "added tf@1"), fixture.told(2));
      version.verify();
      assertFalse(version.isVerified());
      assertEquals(root.resolve("tf/1"), version.source().path());
      assertEquals(
          root.resolve("triton/2/model.onnx"),
          fixture.repository.version("triton", 2).orElseThrow().source().path());
      assertTrue(fixture.repository.notes("triton").isEmpty());
      write(root.resolve("tf/1/saved_model.pb"), "other graph"); // overwritten: no longer settled
      poll(fixture);
      assertEquals(List.of("removed tf@1"), fixture.told(1));
      poll(fixture);
      poll(fixture);
      assertEquals(List.of("added tf@1"), fixture.told(1));
    }
  }

  @Test
  void look_foreignLayoutWithoutTheOption_isInvisible() {
    write(root.resolve("tf/1/saved_model.pb"), "graph");
    try (RepositoryFixture fixture = polling(new FileOperations())) {
      for (int i = 0; i < 5; i++) {
        poll(fixture);
      }
      assertEquals(
          "1 INCOMPLETE: manifest.json is not there",
          fixture.repository.status("tf").get(0).toString());
    }
  }

  // ---- listeners, closing ----

  @Test
  void listeners_thatBlockThrowOrClose_holdUpNothing() {
    CountDownLatch release = new CountDownLatch(1);
    RepositoryFixture fixture = polling(new FileOperations());
    fixture.repository.addListener(
        new RepositoryListener() {
          @Override
          public void versionAdded(ModelVersion version) {
            Await.latch(release);
          }
        });
    fixture.repository.addListener(
        new RepositoryListener() {
          @Override
          public void versionAdded(ModelVersion version) {
            throw new AssertionError("planted");
          }
        });
    put(root, "fraud", "1", Map.of("m", "x"));
    poll(fixture);
    put(root, "fraud", "2", Map.of("m", "x"));
    poll(fixture);
    assertEquals(List.of("added fraud@1", "added fraud@2"), fixture.told(2));
    CountDownLatch closed = new CountDownLatch(1);
    fixture.repository.addListener(
        new RepositoryListener() {
          @Override
          public void versionAdded(ModelVersion version) {
            fixture.repository.refresh();
            fixture.repository.close();
            closed.countDown();
          }
        });
    put(root, "fraud", "3", Map.of("m", "x"));
    fixture.timer.advanceMillis(5_000);
    Await.latch(closed);
    release.countDown();
    assertEquals(0, fixture.timer.pending());
    assertEquals(List.of(1L, 2L, 3L), fixture.versions("fraud")); // what is known stays known
    fixture.close(); // again
    assertThrows(IllegalStateException.class, fixture.repository::refresh);
    assertThrows(
        IllegalStateException.class,
        () -> fixture.repository.setLabel("fraud", "stable", 1, "me", "late"));
  }

  @Test
  void removeListener_hearsNoMore() {
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      fixture.repository.removeListener(fixture);
      CountDownLatch second = new CountDownLatch(1);
      fixture.repository.addListener(
          new RepositoryListener() {
            @Override
            public void versionAdded(ModelVersion version) {
              second.countDown();
            }
          });
      fixture.put("fraud", "1");
      fixture.repository.refresh();
      Await.latch(second);
      assertEquals(0, fixture.told(0).size());
    }
  }
}

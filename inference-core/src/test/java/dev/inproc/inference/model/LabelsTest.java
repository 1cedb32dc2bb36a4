package dev.inproc.inference.model;

import static dev.inproc.inference.model.RepositoryFixture.put;
import static dev.inproc.inference.model.RepositoryFixture.write;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.files.FileOperations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelsTest {
  @TempDir private Path root;

  @BeforeEach
  void putVersions() {
    for (String version : List.of("1", "2", "3")) {
      put(root, "fraud", version, Map.of("m", "x"));
    }
  }

  private Path file(String name) {
    return root.resolve("fraud").resolve(name);
  }

  private static String line(LabelChange change) {
    return change.label()
        + " "
        + change.from()
        + " "
        + change.to()
        + " "
        + change.actor()
        + ": "
        + change.reason();
  }

  private List<String> history(RepositoryFixture fixture) {
    return fixture.repository.history("fraud").stream().map(LabelsTest::line).toList();
  }

  @Test
  void setLabel_complete_movesItAndWritesALine() throws IOException {
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelRepository repository = fixture.repository;
      repository.setLabel("fraud", "stable", 1, "ann", "the first");
      repository.setLabel("fraud", "candidate", 3, "bob", "to \"try\"\nit \ud83d\ude00");
      repository.setLabel("fraud", "stable", 2, "ann", "better");
      repository.setLabel("fraud", "stable", 2, "ann", "again");
      repository.removeLabel("fraud", "candidate", "bob", "over");
      assertEquals(Map.of("stable", 2L), repository.labels("fraud"));
      assertEquals("{\n  \"stable\": 2\n}\n", Files.readString(file("labels.json")));
      assertEquals(
          List.of(
              "stable null 1 ann: the first",
              "candidate null 3 bob: to \"try\"\nit \ud83d\ude00",
              "stable 1 2 ann: better",
              "candidate 3 null bob: over"),
          history(fixture));
      assertEquals(
          List.of("stable is fraud@1", "candidate is fraud@3", "stable is fraud@2"),
          fixture.toldAtAll());
    }
  }

  @Test
  void setLabel_toWhatIsNotComplete_isRefused() throws IOException {
    write(root.resolve("fraud/4/manifest.json"), RepositoryFixture.manifest(Map.of("m", "x")));
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      for (long version : List.of(4L, 5L, 0L, -1L)) {
        IllegalArgumentException e =
            assertThrows(
                IllegalArgumentException.class,
                () -> fixture.repository.setLabel("fraud", "stable", version, "ann", "why"));
        assertTrue(e.getMessage().contains("4 INCOMPLETE: m is not there"), e.getMessage());
      }
      assertThrows(
          IllegalArgumentException.class,
          () -> fixture.repository.setLabel("other", "stable", 1, "ann", "why"));
      assertThrows(
          IllegalArgumentException.class,
          () -> fixture.repository.setLabel("../fraud", "stable", 1, "ann", "why"));
      assertThrows(
          IllegalArgumentException.class,
          () -> fixture.repository.setLabel("fraud", "a b", 1, "ann", "why"));
      assertThrows(
          IllegalArgumentException.class,
          () -> fixture.repository.setLabel("fraud", "stable", 1, "ann", "\ud800"));
      assertFalse(Files.exists(file("labels.json")));
      assertFalse(Files.exists(root.resolve("other")));
      assertEquals(List.of("fraud"), fixture.repository.models());
    }
  }

  @Test
  void setLabel_versionDeletedBehindItsBack_isRefused() {
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      RepositoryFixture.delete(root.resolve("fraud/2"));
      assertThrows(
          IllegalArgumentException.class,
          () -> fixture.repository.setLabel("fraud", "stable", 2, "ann", "why"));
    }
  }

  @Test
  void setLabel_tornOrForeignLinesOfTheHistory_areLeftAndPassedOver() throws IOException {
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      fixture.repository.setLabel("fraud", "stable", 1, "ann", "one");
      Files.writeString(file("history.jsonl"), "{\"time\": \"2026-0", StandardOpenOption.APPEND);
      assertEquals(1, history(fixture).size());
      fixture.repository.setLabel("fraud", "stable", 2, "ann", "two");
      assertEquals(List.of("stable null 1 ann: one", "stable 1 2 ann: two"), history(fixture));
      assertTrue(Files.readString(file("history.jsonl")).contains("\"2026-0\n{"));
    }
  }

  @Test
  void setLabel_changeWithoutALine_getsOne() {
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      fixture.repository.setLabel("fraud", "stable", 1, "ann", "one");
      fixture.label("fraud", "{\"stable\": 2}"); // by hand, or by a process that was killed
      fixture.repository.setLabel("fraud", "candidate", 3, "ann", "three");
      assertEquals(
          List.of(
              "stable null 1 ann: one",
              "stable 1 2 unknown: found changed; whoever changed it wrote no line",
              "candidate null 3 ann: three"),
          history(fixture));
    }
  }

  @Test
  void setLabel_damagedFile_isNotOverwritten() throws IOException {
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      fixture.label("fraud", "{\"stable\": 2, ");
      assertThrows(
          java.io.UncheckedIOException.class,
          () -> fixture.repository.setLabel("fraud", "candidate", 3, "ann", "three"));
      assertEquals("{\"stable\": 2, ", Files.readString(file("labels.json")));
    }
  }

  @Test
  void setLabel_ofManyWritersAtOnce_losesNone() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (RepositoryFixture one = new RepositoryFixture(root);
        RepositoryFixture two = new RepositoryFixture(root)) {
      List<Callable<Void>> tasks =
          IntStream.range(0, 40)
              .mapToObj(
                  i ->
                      (Callable<Void>)
                          () -> {
                            ModelRepository repository = (i % 2 == 0 ? one : two).repository;
                            repository.setLabel("fraud", "label" + i, 1 + i % 3, "t", "r");
                            return null;
                          })
              .toList();
      for (Future<Void> each : threads.invokeAll(tasks)) {
        each.get();
      }
      one.repository.refresh();
      assertEquals(40, one.repository.labels("fraud").size());
      assertEquals(40, history(one).size());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void setLabel_reasonOfControlCharacters_isReadBack() {
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      String lines = "\n".repeat(4_000);
      fixture.repository.setLabel("fraud", "stable", 2, lines, lines);
      fixture.repository.setLabel("fraud", "stable", 3, "ann", "three");
      assertEquals(2, fixture.repository.history("fraud").size());
      assertEquals(lines, fixture.repository.history("fraud").get(0).reason());
    }
  }

  /** A file system may tell times by the second, and use a file's key anew. */
  @Test
  void labels_changedTwiceWithinOneStamp_areSeen() throws IOException {
    FileTime time = FileTime.fromMillis(1_700_000_000_000L);
    write(file("labels.json"), "{\"stable\": 1}");
    Files.setLastModifiedTime(file("labels.json"), time);
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      assertEquals(1, fixture.repository.labels("fraud").get("stable"));
      write(file("labels.json"), "{\"stable\": 2}");
      Files.setLastModifiedTime(file("labels.json"), time);
      fixture.repository.refresh();
      assertEquals(2, fixture.repository.labels("fraud").get("stable"));
    }
  }

  @Test
  void labels_behindALinkThatStays_areSeen() throws IOException {
    Path target = root.resolve("mounted.json");
    write(target, "{\"stable\": 1}");
    Files.createSymbolicLink(file("labels.json"), target);
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      fixture.repository.refresh();
      fixture.repository.refresh();
      write(target, "{\"stable\": 2}");
      fixture.repository.refresh();
      assertEquals(2, fixture.repository.labels("fraud").get("stable"));
    }
  }

  /** Such as one of 2 MiB, or a directory: no failure of the storage, and no reason to back off. */
  @Test
  void labels_thatCannotBeRead_areNotedAndHoldUpNoPoll() throws IOException {
    write(file("labels.json"), " ".repeat(2 << 20));
    RepositoryOptions polls = RepositoryOptions.DEFAULT;
    try (RepositoryFixture fixture = new RepositoryFixture(root, polls, new FileOperations())) {
      assertTrue(
          fixture.repository.notes("fraud").toString().contains("labels.json is ignored: "),
          () -> fixture.repository.notes("fraud").toString());
      fixture.put("fraud", "4");
      fixture.timer.advance(Duration.ofSeconds(5).toNanos());
      fixture.told(1);
      RepositoryFixture.delete(file("labels.json"));
      Files.createDirectory(file("labels.json"));
      fixture.repository.refresh();
      assertTrue(
          fixture.repository.notes("fraud").toString().contains("labels.json is ignored: "),
          () -> fixture.repository.notes("fraud").toString());
    }
  }

  /** A service may move a label for years. */
  @Test
  void setLabel_afterManyChanges_readsTheHistorysEndAlone() throws IOException {
    AtomicLong read = new AtomicLong();
    FileOperations operations =
        new FileOperations() {
          @Override
          public byte[] readEnd(Path file, int most) throws IOException {
            byte[] end = super.readEnd(file, most);
            read.addAndGet(end.length);
            return end;
          }
        };
    try (RepositoryFixture fixture =
        new RepositoryFixture(root, RepositoryFixture.NO_POLLS, operations)) {
      fixture.repository.setLabel("fraud", "old", 1, "ann", "long ago");
      fixture.repository.setLabel("fraud", "stable", 1, "ann", "one");
      byte[] filler = ("x".repeat((1 << 20) - 1) + "\n").getBytes(UTF_8);
      for (int i = 0; i < 65; i++) {
        Files.write(file("history.jsonl"), filler, StandardOpenOption.APPEND);
      }
      read.set(0);
      fixture.repository.setLabel("fraud", "stable", 2, "ann", "two");
      fixture.repository.setLabel("fraud", "stable", 3, "ann", "three");
      assertTrue(read.get() < 4 << 20, read + " bytes");
      assertEquals(
          List.of("two", "three"),
          fixture.repository.history("fraud").stream().map(LabelChange::reason).toList());
      assertEquals(Map.of("old", 1L, "stable", 3L), fixture.repository.labels("fraud"));
    }
  }
}

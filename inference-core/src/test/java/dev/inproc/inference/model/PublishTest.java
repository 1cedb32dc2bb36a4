package dev.inproc.inference.model;

import static dev.inproc.inference.model.RepositoryFixture.put;
import static dev.inproc.inference.model.RepositoryFixture.sha256;
import static dev.inproc.inference.model.RepositoryFixture.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.internal.files.ProcessLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublishTest {
  private static final Manifest DRAFT = Manifest.builder("test").build();

  @TempDir private Path directory;
  private Path root;
  private Path source;

  @BeforeEach
  void makeSources() {
    root = directory.resolve("root");
    source = directory.resolve("source");
    write(source.resolve("model.bin"), "weights");
    write(source.resolve("vocab.txt"), "a b c");
    write(source.resolve("saved/saved_model.pb"), "graph");
    write(source.resolve("saved/variables/v.index"), "index");
  }

  private List<String> left() {
    try (Stream<Path> all = Files.list(root.resolve(".inproc/staging"))) {
      return all.map(each -> each.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void publish_oneFile_isTheNextVersionWithItsDigest() throws IOException {
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      Map<String, Path> files = Map.of("model.bin", source.resolve("model.bin"));
      ModelVersion first = fixture.repository.publish("fraud", DRAFT, files);
      assertEquals("fraud@1", first.toString());
      assertEquals(List.of("found", "added fraud@1"), fixture.told(2));
      assertEquals("weights", Files.readString(root.resolve("fraud/1/model.bin")));
      assertEquals(
          List.of(new Manifest.File("model.bin", 7, sha256("weights"))), first.manifest().files());
      assertEquals("model.bin", first.manifest().main());
      assertEquals(sha256("weights"), first.source().sha256());
      first.verify();
      put(root, "fraud", "9", Map.of("m", "x"));
      Files.createDirectories(root.resolve("fraud/10")); // another program's, half copied
      assertEquals("fraud@11", fixture.repository.publish("fraud", DRAFT, files).toString());
      assertEquals("fraud@20", fixture.repository.publish("fraud", 20, DRAFT, files).toString());
      assertTrue(left().isEmpty());
    }
  }

  @Test
  void publish_directories_areCopiedWhole() {
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("saved_model", source.resolve("saved"));
    files.put("assets/vocab.txt", source.resolve("vocab.txt"));
    Manifest draft =
        Manifest.builder("tensorflow")
            .main("saved_model")
            .displayName("first")
            .entries(Map.of("git", "abc"))
            .build();
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelVersion version = fixture.repository.publish("fraud", draft, files);
      assertEquals(
          List.of(
              "saved_model/saved_model.pb", "saved_model/variables/v.index", "assets/vocab.txt"),
          version.manifest().files().stream().map(Manifest.File::path).toList());
      String digest = ModelSource.file(source.resolve("saved")).digest();
      assertEquals(digest, version.source().sha256());
      assertEquals(digest, ModelSource.file(version.source().path()).digest());
      assertEquals("first", version.manifest().displayName().orElseThrow());
      assertEquals(Map.of("git", "abc"), version.manifest().entries());
      version.verify();
    }
  }

  @Test
  void publish_whatCannotBe_leavesNothing() {
    Path model = source.resolve("model.bin");
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelRepository repository = fixture.repository;
      repository.publish("fraud", DRAFT, Map.of("m", model));
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  repository.publish("fraud", 1, DRAFT, Map.of("m", source.resolve("vocab.txt"))));
      assertEquals(
          "Expected a new version of fraud, got 1, which is there: a version never changes",
          e.getMessage());
      for (String name :
          List.of("../fraud", "", ".inproc", "a/b", "a b", "é", "-x", "x".repeat(129))) {
        assertThrows(
            IllegalArgumentException.class,
            () -> repository.publish(name, DRAFT, Map.of("m", model)),
            name);
      }
      for (String name : List.of("../m", "/m", "a\\b", "manifest.json", "")) {
        assertThrows(
            IllegalArgumentException.class,
            () -> repository.publish("fraud", DRAFT, Map.of(name, model)),
            name);
      }
      assertThrows(
          IllegalArgumentException.class, () -> repository.publish("fraud", DRAFT, Map.of()));
      assertThrows(
          IllegalArgumentException.class,
          () -> repository.publish("fraud", DRAFT, Map.of("m", source.resolve("missing"))));
      assertThrows(
          IllegalArgumentException.class, // which of them to load?
          () -> repository.publish("fraud", DRAFT, Map.of("m", model, "n", model)));
      assertThrows(
          IllegalArgumentException.class,
          () -> repository.publish("fraud", 0, DRAFT, Map.of("m", model)));
      Manifest stated =
          DRAFT.toBuilder().files(List.of(new Manifest.File("m", 7, sha256("other")))).build();
      assertThrows(
          IllegalArgumentException.class,
          () -> repository.publish("fraud", stated, Map.of("m", model)));
      assertEquals(List.of(1L), fixture.versions("fraud"));
      assertTrue(left().isEmpty());
    }
  }

  @Test
  void publish_manyAtOnce_getVersionsOfTheirOwn() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (RepositoryFixture one = new RepositoryFixture(root);
        RepositoryFixture two = new RepositoryFixture(root)) {
      List<Callable<ModelVersion>> tasks =
          IntStream.range(0, 24)
              .mapToObj(
                  i ->
                      (Callable<ModelVersion>)
                          () -> {
                            Path file = source.resolve("m" + i);
                            write(file, "content " + i);
                            return (i % 2 == 0 ? one : two)
                                .repository.publish("fraud", DRAFT, Map.of("m", file));
                          })
              .toList();
      Set<Long> numbers =
          threads.invokeAll(tasks).stream()
              .map(PublishTest::get)
              .map(ModelVersion::version)
              .collect(Collectors.toSet());
      assertEquals(24, numbers.size());
      one.repository.refresh();
      assertEquals(24, one.versions("fraud").size());
      one.repository.versions("fraud").forEach(ModelVersion::verify);

      // One number for all: one of them gets it.
      List<Callable<ModelVersion>> same = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        ModelRepository repository = (i % 2 == 0 ? one : two).repository;
        Path file = source.resolve("m" + i);
        same.add(() -> repository.publish("fraud", 100, DRAFT, Map.of("m", file)));
      }
      int published = 0;
      for (Future<ModelVersion> each : threads.invokeAll(same)) {
        try {
          each.get();
          published++;
        } catch (java.util.concurrent.ExecutionException e) {
          assertTrue(e.getCause() instanceof IllegalArgumentException, e.toString());
        }
      }
      assertEquals(1, published);
      assertTrue(left().isEmpty());
    } finally {
      threads.shutdownNow();
    }
  }

  private static ModelVersion get(Future<ModelVersion> future) {
    try {
      return future.get();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void publish_failureOfTheDisk_isToldAndLeavesNothing() {
    FileOperations operations =
        new FileOperations() {
          @Override
          public void create(Path file, byte[] content) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    try (RepositoryFixture fixture =
        new RepositoryFixture(root, RepositoryFixture.NO_POLLS, operations)) {
      UncheckedIOException e =
          assertThrows(
              UncheckedIOException.class,
              () ->
                  fixture.repository.publish(
                      "fraud", DRAFT, Map.of("m", source.resolve("model.bin"))));
      assertTrue(e.getMessage().contains("No space left"), e.getMessage());
      assertTrue(fixture.versions("fraud").isEmpty());
      assertFalse(Files.exists(root.resolve("fraud/1")));
      assertTrue(left().isEmpty());
    }
  }

  @Test
  void publish_whatDeadPublishersLeft_isDeletedByAgeAndALivePublishersIsNot() throws IOException {
    Path staging = root.resolve(".inproc/staging");
    FileTime old = FileTime.from(Instant.now().minusSeconds(3 * 24 * 3_600));
    write(staging.resolve("dead-1/model.bin"), "x");
    write(staging.resolve("dead-1.lock"), "");
    write(staging.resolve("alive-1/model.bin"), "x");
    write(staging.resolve("alive-1.lock"), "");
    write(staging.resolve("young-1/model.bin"), "x");
    write(staging.resolve("young-1.lock"), "");
    write(staging.resolve("lockless/model.bin"), "x");
    write(staging.resolve("lockless-young/model.bin"), "x");
    for (String name :
        List.of("dead-1", "dead-1.lock", "alive-1", "alive-1.lock", "young-1", "lockless")) {
      Files.setLastModifiedTime(staging.resolve(name), old);
    }
    try (RepositoryFixture fixture = new RepositoryFixture(root);
        ProcessLock lock = ProcessLock.hold(staging.resolve("alive-1.lock"))) {
      assertNotNull(lock);
      fixture.repository.publish("fraud", DRAFT, Map.of("m", source.resolve("model.bin")));
      assertEquals(
          Set.of("alive-1", "alive-1.lock", "young-1", "young-1.lock", "lockless-young"),
          Set.copyOf(left()));
    }
  }

  @Test
  void stateDirectory_isOfOneManifest() {
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelVersion one =
          fixture.repository.publish("fraud", DRAFT, Map.of("m", source.resolve("model.bin")));
      ModelVersion two =
          fixture.repository.publish("fraud", DRAFT, Map.of("m", source.resolve("vocab.txt")));
      Path state = fixture.repository.stateDirectory(one);
      assertEquals(root.resolve(".inproc/state").resolve(one.manifestSha256()), state);
      assertFalse(state.equals(fixture.repository.stateDirectory(two)));
    }
  }

  @Test
  void publish_whatNoReaderTakes_leavesNothing() throws IOException {
    Path model = source.resolve("model.bin");
    Path empty = Files.createDirectory(source.resolve("empty"));
    Manifest huge =
        DRAFT.toBuilder().entries(Map.of("all", Collections.nCopies(200_001, 1L))).build();
    Manifest known = DRAFT.toBuilder().entries(Map.of("labelHorizon", 5L)).build();
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      for (Manifest draft : List.of(huge, known)) {
        IllegalArgumentException e =
            assertThrows(
                IllegalArgumentException.class,
                () -> fixture.repository.publish("fraud", draft, Map.of("m", model)));
        assertTrue(e.getMessage().contains("manifest"), e.getMessage());
      }
      assertThrows(
          IllegalArgumentException.class,
          () -> fixture.repository.publish("fraud", DRAFT, Map.of("m", empty)));
      assertTrue(fixture.repository.status("fraud").isEmpty());
      assertTrue(left().isEmpty());
    }
  }
}

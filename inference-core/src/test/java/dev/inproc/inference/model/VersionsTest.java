package dev.inproc.inference.model;

import static dev.inproc.inference.model.RepositoryFixture.NO_POLLS;
import static dev.inproc.inference.model.RepositoryFixture.delete;
import static dev.inproc.inference.model.RepositoryFixture.manifest;
import static dev.inproc.inference.model.RepositoryFixture.put;
import static dev.inproc.inference.model.RepositoryFixture.sha256;
import static dev.inproc.inference.model.RepositoryFixture.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.model.RepositoryFixture.Counting;
import dev.inproc.inference.model.VersionStatus.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionsTest {
  @TempDir private Path root;

  private VersionStatus status(RepositoryFixture fixture, String model) {
    return fixture.repository.status(model).get(0);
  }

  @Test
  void open_completeVersions_areThereInTheOrderOfNumbers() {
    for (String version : List.of("9", "10", "2", "1")) {
      put(root, "fraud", version, Map.of("model.bin", "x"));
    }
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      assertEquals(List.of("fraud"), fixture.repository.models());
      assertEquals(List.of(1L, 2L, 9L, 10L), fixture.versions("fraud")); // "10" is after "9"
      ModelVersion version = fixture.repository.version("fraud", 9).orElseThrow();
      assertEquals("fraud@9", version.toString());
      assertEquals(root.resolve("fraud/9"), version.directory());
      assertEquals(sha256(manifest(Map.of("model.bin", "x"))), version.manifestSha256());
      assertTrue(fixture.repository.version("fraud", 3).isEmpty());
      assertTrue(fixture.repository.versions("other").isEmpty());
    }
  }

  @Test
  void look_namesThatAreNoVersion_areIgnoredWithANote() throws IOException {
    for (String name :
        List.of(
            "007",
            "0",
            "-1",
            "+1",
            "1.0",
            "1e1",
            "v2",
            "current",
            " 3",
            "9223372036854775808",
            "99999999999999999999",
            "٣",
            ".staging")) {
      put(root, "fraud", name, Map.of("m", "x"));
    }
    put(root, "fraud", "9223372036854775807", Map.of("m", "x"));
    put(root, ".inproc", "1", Map.of("m", "x"));
    put(root, "-x", "1", Map.of("m", "x"));
    put(root, "a b", "1", Map.of("m", "x"));
    Files.writeString(root.resolve("README.md"), "no model");
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      assertEquals(List.of("fraud"), fixture.repository.models());
      assertEquals(List.of(Long.MAX_VALUE), fixture.versions("fraud"));
      List<String> notes = fixture.repository.notes("fraud");
      assertTrue(notes.contains("007 is ignored: it is no version's number"), notes.toString());
      assertEquals(12, notes.size(), notes.toString()); // hidden ones are not worth a note
    }
  }

  @Test
  void look_halfCopiedVersion_isInvisibleUntilItIsWhole() throws IOException {
    Map<String, String> files = Map.of("model.bin", "0123456789", "vocab.txt", "abc");
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      Path directory = root.resolve("fraud/1");
      String manifest = manifest(files);
      write(directory.resolve("manifest.json"), manifest.substring(0, 50)); // the manifest first
      fixture.repository.refresh();
      assertEquals(State.FAILED, status(fixture, "fraud").state());
      write(directory.resolve("manifest.json"), manifest);
      fixture.repository.refresh();
      assertEquals(State.INCOMPLETE, status(fixture, "fraud").state());
      write(directory.resolve("model.bin"), "012345678");
      write(directory.resolve("vocab.txt"), "abc");
      fixture.repository.refresh();
      assertEquals(
          "1 INCOMPLETE: model.bin has 9 bytes of 10", status(fixture, "fraud").toString());
      assertTrue(fixture.versions("fraud").isEmpty());

      write(directory.resolve("model.bin"), "0123456789");
      fixture.repository.refresh();
      assertEquals(List.of(1L), fixture.versions("fraud"));
      assertEquals(State.COMPLETE, status(fixture, "fraud").state());
    }
  }

  @Test
  void look_filesThatAreNone_failForGood() throws IOException {
    Path directory = put(root, "fraud", "1", Map.of("a/model.bin", "x"));
    Files.delete(directory.resolve("a/model.bin"));
    Files.createDirectory(directory.resolve("a/model.bin"));
    put(root, "fraud", "2", Map.of("m", "x"));
    Files.delete(root.resolve("fraud/2/manifest.json"));
    Files.createDirectory(root.resolve("fraud/2/manifest.json"));
    write(root.resolve("fraud/3"), "a file");
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      assertEquals(
          List.of(
              "1 FAILED: a/model.bin: expected a regular file, got something else",
              "2 FAILED: manifest.json: expected a regular file",
              "3 INCOMPLETE: it is no directory"),
          fixture.repository.status("fraud").stream().map(VersionStatus::toString).toList());
    }
  }

  @Test
  void look_hostileManifest_failsForGoodAndAloneAndIsReadTwice() {
    put(root, "good", "1", Map.of("m", "x"));
    write(root.resolve("bad/1/manifest.json"), "[".repeat(5_000));
    write(
        root.resolve("bad/2/manifest.json"),
        manifest(Map.of("m", "x")).replace("\"m\"", "\"../good/1/m\""));
    write(root.resolve("bad/3/manifest.json"), " ".repeat(5_000_000));
    Counting operations = new Counting();
    try (RepositoryFixture fixture = new RepositoryFixture(root, NO_POLLS, operations)) {
      assertEquals(List.of(1L), fixture.versions("good"));
      assertTrue(fixture.versions("bad").isEmpty());
      fixture.repository.status("bad").forEach(each -> assertEquals(State.FAILED, each.state()));
      fixture.repository.refresh();
      operations.reads.set(0);
      for (int i = 0; i < 20; i++) {
        fixture.repository.refresh();
      }
      assertEquals(0, operations.reads.get()); // not tried for ever
      put(root, "bad", "1", Map.of("m", "x")); // a new manifest is
      fixture.repository.refresh();
      assertEquals(List.of(1L), fixture.versions("bad"));
    }
  }

  // ---- links ----

  @Test
  void look_symbolicLinks_areRefusedUnlessAllowedAndWithinTheRoot() throws IOException {
    Path shared = root.resolve(".blobs/model.bin");
    write(shared, "x");
    Path outside = Files.createTempFile("outside", ".bin");
    Files.writeString(outside, "x");
    Map<String, String> files = Map.of("model.bin", "x");
    Files.createDirectories(root.resolve("m/1"));
    Files.createSymbolicLink(root.resolve("m/1/model.bin"), shared);
    write(root.resolve("m/1/manifest.json"), manifest(files));
    Files.createDirectories(root.resolve("m/2"));
    Files.createSymbolicLink(root.resolve("m/2/model.bin"), outside);
    write(root.resolve("m/2/manifest.json"), manifest(files));
    Files.createSymbolicLink(root.resolve("m/3"), root.resolve("m/1"));
    write(root.resolve("m/4/manifest.json"), manifest(Map.of("d/model.bin", "x")));
    Files.createSymbolicLink(root.resolve("m/4/d"), root.resolve(".blobs"));
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      assertTrue(fixture.versions("m").isEmpty(), fixture.repository.status("m").toString());
    }
    try (RepositoryFixture fixture =
        new RepositoryFixture(root, NO_POLLS.withLinks(true), new FileOperations())) {
      assertEquals(List.of(1L, 3L, 4L), fixture.versions("m"));
      fixture.repository.version("m", 1).orElseThrow().verify();
      fixture.repository.version("m", 4).orElseThrow().verify();
      assertEquals(
          "2 FAILED: model.bin is a symbolic link that leads out of the root",
          fixture.repository.status("m").get(1).toString());
    } finally {
      Files.delete(outside);
    }
  }

  // ---- digests ----

  @Test
  void verify_rightFiles_readsThemOnceAProcess() throws IOException {
    put(root, "fraud", "1", Map.of("a/model.bin", "abc", "b.txt", "x"));
    Counting operations = new Counting();
    try (RepositoryFixture fixture = new RepositoryFixture(root, NO_POLLS, operations)) {
      ModelVersion version = fixture.repository.version("fraud", 1).orElseThrow();
      assertFalse(version.isVerified());
      assertEquals(0, operations.digests.get()); // not before it serves
      version.verify();
      version.verify();
      fixture.repository.refresh();
      fixture.repository.version("fraud", 1).orElseThrow().verify();
      assertTrue(version.isVerified());
      assertEquals(2, operations.digests.get());
      // Written to since: it is read again.
      Files.setLastModifiedTime(root.resolve("fraud/1/b.txt"), FileTime.fromMillis(5));
      version.verify();
      assertEquals(4, operations.digests.get());
    }
  }

  @Test
  void verify_everyLoad_readsThemEachTime() {
    put(root, "fraud", "1", Map.of("model.bin", "abc"));
    Counting operations = new Counting();
    RepositoryOptions options =
        NO_POLLS.withVerification(RepositoryOptions.Verification.EVERY_LOAD);
    try (RepositoryFixture fixture = new RepositoryFixture(root, options, operations)) {
      ModelVersion version = fixture.repository.version("fraud", 1).orElseThrow();
      version.verify();
      version.verify();
      assertEquals(2, operations.digests.get());
    }
  }

  @Test
  void verify_otherBytesOfTheSameSize_failsForGoodUntilANewManifest() {
    Path directory = put(root, "fraud", "1", Map.of("model.bin", "abc"));
    write(directory.resolve("model.bin"), "abd");
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelVersion version = fixture.repository.version("fraud", 1).orElseThrow();
      ModelLoadException e = assertThrows(ModelLoadException.class, version::verify);
      assertEquals(
          "Cannot load fraud@1: model.bin: expected SHA-256 "
              + sha256("abc")
              + ", got "
              + sha256("abd"),
          e.getMessage());
      assertTrue(fixture.versions("fraud").isEmpty());
      assertEquals(2, fixture.told(2).size()); // removed, failed
      assertFalse(version.isVerified());
      write(directory.resolve("model.bin"), "abc");
      fixture.repository.refresh();
      assertTrue(fixture.versions("fraud").isEmpty());
      write(directory.resolve("manifest.json"), manifest(Map.of("model.bin", "abc")) + " ");
      fixture.repository.refresh();
      fixture.repository.version("fraud", 1).orElseThrow().verify();
    }
  }

  @Test
  void verify_directoryCopiedAnewWithTheSameManifest_isRight() throws IOException {
    Path directory = put(root, "fraud", "1", Map.of("model.bin", "abc"));
    write(directory.resolve("model.bin"), "abd");
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelVersion version = fixture.repository.version("fraud", 1).orElseThrow();
      assertThrows(ModelLoadException.class, version::verify);
      assertTrue(fixture.versions("fraud").isEmpty());
      put(root, "fraud", "1", Map.of("model.bin", "abc"));
      Files.setLastModifiedTime(directory.resolve("manifest.json"), FileTime.fromMillis(1_000));
      fixture.repository.refresh();
      fixture.repository.refresh();
      fixture.repository.version("fraud", 1).orElseThrow().verify();
    }
  }

  @Test
  void verify_fileThatTheManifestDoesNotList_isRefused() {
    Path directory = put(root, "fraud", "1", Map.of("model.bin", "abc"));
    write(directory.resolve("sub/weights.bin"), "planted");
    write(directory.resolve(".DS_Store"), "harmless");
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelVersion version = fixture.repository.version("fraud", 1).orElseThrow();
      ModelLoadException e = assertThrows(ModelLoadException.class, version::verify);
      assertEquals("Cannot load fraud@1: sub/weights.bin is not in the manifest", e.getMessage());
    }
  }

  @Test
  void verify_storageThatVanished_isNoMismatch() {
    Path directory = put(root, "fraud", "1", Map.of("model.bin", "abc"));
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelVersion version = fixture.repository.version("fraud", 1).orElseThrow();
      delete(directory);
      assertThrows(ModelLoadException.class, version::verify);
      put(root, "fraud", "1", Map.of("model.bin", "abc"));
      fixture.repository.refresh();
      fixture.repository.version("fraud", 1).orElseThrow().verify();
    }
  }

  // ---- sources ----

  @Test
  void source_carriesTheDigestWhereItIsTheEngines() {
    put(root, "one", "1", Map.of("model.bin", "abc"));
    put(root, "two", "1", Map.of("model.bin", "abc", "vocab.txt", "x"));
    String json = manifest(Map.of("model.bin", "abc"));
    write(
        root.resolve("one/1/manifest.json"),
        json.replace("\"files\"", "\"main\": \"model.bin\", \"files\""));
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      ModelVersion one = fixture.repository.version("one", 1).orElseThrow();
      assertEquals(sha256("abc"), one.source().sha256());
      assertEquals(root.resolve("one/1/model.bin"), one.source().path());
      // The engine's digest may cover the other file.
      assertEquals(null, fixture.repository.version("two", 1).orElseThrow().source().sha256());
    }
  }

  @Test
  void of_modelInNoRepository_isAVersion() {
    ModelSource source = ModelSource.bytes("m", new byte[3]);
    ModelVersion version = ModelVersion.of("m", 7, source);
    assertSame(source, version.source());
    assertEquals("m@7", version.toString());
    assertEquals(version, ModelVersion.of("m", 7, source));
    assertNotEquals(version, ModelVersion.of("m", 8, source));
    assertNotEquals(version, ModelVersion.of("n", 7, source));
    version.verify();
    assertFalse(version.isVerified());
    assertThrows(IllegalArgumentException.class, () -> ModelVersion.of("m", 0, source));
    assertThrows(IllegalArgumentException.class, () -> ModelVersion.of(" ", 1, source));
  }
}

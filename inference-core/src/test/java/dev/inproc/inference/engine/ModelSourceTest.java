package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.ModelLoadException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The digest, by which results of the probe are found again and models are trusted. */
class ModelSourceTest {
  @TempDir Path directory;

  private static ModelSource bytes(String text) {
    return ModelSource.bytes("bytes", text.getBytes(StandardCharsets.UTF_8));
  }

  private static String digest(Path path) {
    return ModelSource.file(path).digest();
  }

  private Path model() throws IOException {
    Path model = Files.createDirectories(directory.resolve("model"));
    Files.writeString(model.resolve("graph"), "abc");
    Files.createDirectories(model.resolve("weights"));
    Files.writeString(model.resolve("weights").resolve("0"), "");
    return model;
  }

  @Test
  void digest_ofAFile_isThatOfItsBytes() throws IOException {
    String abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-4
    assertEquals(abc, bytes("abc").digest());
    assertEquals(abc, digest(Files.writeString(directory.resolve("file"), "abc")));
    assertThrows(ModelLoadException.class, () -> digest(directory.resolve("none")));
  }

  @Test
  void digest_ofADirectory_isOfPathsLengthsAndBytes() throws IOException {
    assertEquals(bytes("graph\0" + "3\0abc" + "weights/0\0" + "0\0").digest(), digest(model()));
  }

  @Test
  void digest_ofADirectory_changesWithEveryFile() throws IOException {
    Path model = model();
    String before = digest(model);
    Files.move(model.resolve("weights").resolve("0"), model.resolve("weights").resolve("1"));
    assertNotEquals(before, digest(model));
    Files.move(model.resolve("weights").resolve("1"), model.resolve("weights").resolve("0"));
    assertEquals(before, digest(model));
    Files.writeString(model.resolve("weights").resolve("0"), "x");
    assertNotEquals(before, digest(model));
  }

  /** As in {@code current -> v3}: else every model behind such a link would have one digest. */
  @Test
  void digest_ofLinks_isThatOfWhatIsBehindThem() throws IOException {
    Path model = model();
    Path current = Files.createSymbolicLink(directory.resolve("current"), model);
    assertEquals(digest(model), digest(current));
    String before = digest(model);
    Path elsewhere = directory.resolve("elsewhere");
    Files.move(model.resolve("weights"), elsewhere);
    Files.createSymbolicLink(model.resolve("weights"), elsewhere);
    assertEquals(before, digest(current));
    Files.writeString(elsewhere.resolve("0"), "x");
    assertNotEquals(before, digest(current));
  }

  @Test
  void digest_ofABackslashInAName_isNotThatOfADirectory() throws IOException {
    Path model = model();
    Files.writeString(model.resolve("weights\\0"), "decoy");
    String before = digest(model);
    Files.writeString(model.resolve("weights").resolve("0"), "x");
    assertNotEquals(before, digest(model));
  }

  @Test
  void digest_ofACircleOfLinks_isRefused() throws IOException {
    Path model = model();
    Files.createSymbolicLink(model.resolve("up"), directory.resolve("model"));
    assertThrows(ModelLoadException.class, () -> digest(model));
  }
}

package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizedModelCacheTest {
  @TempDir Path directory;

  private static OnnxOptions.Builder cacheIn(Path directory) {
    return OnnxOptions.builder().optimizedModelCache(directory);
  }

  private static float[] answer(OnnxOptions options, byte[] model) {
    float[] image = new float[28 * 28];
    for (int i = 0; i < image.length; i++) {
      image[i] = i % 13 / 13f;
    }
    Tensor tensor = Tensor.of(Shape.of(1, 28, 28), image);
    try (Session session = new OnnxEngine(options).load(ModelSource.bytes("conv", model))) {
      return session.predict(Tensors.of("image", tensor)).only().toFloats();
    }
  }

  private List<Path> entries() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  @Test
  void load_twice_secondComesFromTheEntryWithTheSameAnswer() throws IOException {
    byte[] model = Models.convNet();
    float[] plain = answer(OnnxOptions.DEFAULT, model);
    float[] first = answer(cacheIn(directory).build(), model);
    List<Path> entries = entries();
    assertEquals(1, entries.size(), entries::toString);
    byte[] optimized = Files.readAllBytes(entries.get(0));
    assertNotEquals(model.length, optimized.length);
    // Another model under the entry's name answers: that is what was loaded.
    Files.write(entries.get(0), Models.identity(1));
    assertThrows(RuntimeException.class, () -> answer(cacheIn(directory).build(), model));
    Files.write(entries.get(0), optimized);
    assertArrayEquals(first, answer(cacheIn(directory).build(), model));
    assertArrayEquals(plain, first, 1e-5f);
  }

  @Test
  void load_otherOptionsOrModel_otherEntry() throws IOException {
    answer(cacheIn(directory).build(), Models.convNet());
    answer(
        cacheIn(directory).optimization(OnnxOptions.Optimization.BASIC).build(), Models.convNet());
    answer(
        cacheIn(directory).sessionConfig("session.set_denormal_as_zero", "1").build(),
        Models.convNet());
    assertEquals(3, entries().size());
  }

  @Test
  void load_corruptEntry_isMadeAnew() throws IOException {
    byte[] model = Models.convNet();
    float[] first = answer(cacheIn(directory).build(), model);
    Path entry = entries().get(0);
    Files.write(entry, new byte[] {1, 2, 3});
    assertArrayEquals(first, answer(cacheIn(directory).build(), model));
    assertNotEquals(3, Files.size(entry));
    assertEquals(List.of(entry), entries());
  }

  @Test
  void load_directoryCannotBeMade_modelLoadsAllTheSame() throws IOException {
    Path file = Files.createFile(directory.resolve("a-file"));
    float[] plain = answer(OnnxOptions.DEFAULT, Models.convNet());
    assertArrayEquals(plain, answer(cacheIn(file).build(), Models.convNet()));
  }

  @Test
  void load_corruptModel_failsAndLeavesNoEntry() throws IOException {
    OnnxEngine engine = new OnnxEngine(cacheIn(directory).build());
    ModelSource corrupt = ModelSource.bytes("corrupt", new byte[] {1, 2, 3});
    assertThrows(ModelLoadException.class, () -> engine.load(corrupt));
    assertEquals(List.of(), entries());
  }

  /** An entry would look for its data beside itself, and find another model's. */
  @Test
  void load_externalDataChanged_newAnswer() throws IOException {
    Path models = Files.createDirectories(directory.resolve("models"));
    Path cache = Files.createDirectories(directory.resolve("cache"));
    Path model = Models.externalData(models, "weights.bin");
    Files.write(cache.resolve("weights.bin"), new byte[32]);
    Tensors row = Tensors.of("x", Tensor.of(new float[] {1, 2, 3, 4}));
    OnnxEngine engine = new OnnxEngine(cacheIn(cache).build());
    for (int round = 0; round < 2; round++) {
      try (Session session = engine.load(ModelSource.file(model))) {
        assertArrayEquals(
            Models.externalDataReference(new float[] {1, 2, 3, 4}),
            session.predict(row).only().toFloats(),
            1e-5f);
      }
    }
    Files.write(models.resolve("weights.bin"), new byte[32]);
    try (Session session = engine.load(ModelSource.file(model))) {
      assertArrayEquals(new float[2], session.predict(row).only().toFloats());
    }
  }

  @Test
  void load_directoryForEverybody_isNotUsed() throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    float[] plain = answer(OnnxOptions.DEFAULT, Models.convNet());
    assertArrayEquals(plain, answer(cacheIn(directory).build(), Models.convNet()));
    assertEquals(List.of(), entries());
  }

  @Test
  void load_entryIsALinkOrLeadsOut_isMadeAnew() throws IOException {
    byte[] model = Models.convNet();
    float[] first = answer(cacheIn(directory).build(), model);
    Path entry = entries().get(0);
    Path aside = Files.move(entry, directory.resolve("aside"));
    Files.createSymbolicLink(entry, aside);
    assertArrayEquals(first, answer(cacheIn(directory).build(), model));
    assertTrue(Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS));
    Files.delete(aside);
    Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
    Path leadsOut = Models.externalData(elsewhere, "../../weights.bin");
    Files.move(leadsOut, entry, StandardCopyOption.REPLACE_EXISTING);
    assertArrayEquals(first, answer(cacheIn(directory).build(), model));
  }

  @Test
  void load_modelChangedWhileItIsOptimized_leavesNoEntry() throws IOException {
    Path cache = Files.createDirectories(directory.resolve("cache"));
    Path model = Files.write(directory.resolve("model.onnx"), Models.convNet());
    OnnxEngine engine =
        new OnnxEngine(
            cacheIn(cache).build(),
            () -> assertDoesNotThrow(() -> Files.write(model, Models.tinyMlp())));
    assertThrows(ModelLoadException.class, () -> engine.load(ModelSource.file(model)));
    try (Stream<Path> files = Files.list(cache)) {
      assertEquals(List.of(), files.toList());
    }
  }
}

package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}

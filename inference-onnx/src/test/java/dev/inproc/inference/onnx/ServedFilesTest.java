package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.model.Manifest;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.onnx.testing.Tensors;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What happens to the files of a version while it serves: nothing to its calls. The model reads
 * rows of a table in external data, which ONNX Runtime would map: each call touches other pages of
 * it.
 */
@Tag("endurance")
class ServedFilesTest {
  private static final int ROWS = 200_000;
  private static final int WIDTH = 8;
  private static final int CALLS = Boolean.getBoolean("inproc.endurance") ? 1_000_000 : 100_000;
  private static final int THREADS = 4;

  @TempDir Path directory;
  private Path source;
  private Path root;

  @BeforeEach
  void write() throws IOException {
    root = directory.resolve("root");
    source = Files.createDirectories(directory.resolve("source"));
    ByteBuffer table = ByteBuffer.allocate(ROWS * WIDTH * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < ROWS * WIDTH; i++) {
      table.putFloat(i); // exact: below 2^24
    }
    Files.write(source.resolve("table.bin"), table.array());
    GraphBuilder graph =
        new GraphBuilder("table")
            .input("x", DataType.INT64_VALUE, "batch")
            .output("y", DataType.FLOAT_VALUE, "batch," + WIDTH)
            .initializer(
                Tensors.external(
                    "w", DataType.FLOAT_VALUE, "table.bin", table.capacity(), ROWS, WIDTH))
            .node("Gather", "w x -> y");
    Files.write(source.resolve("model.onnx"), graph.build());
  }

  private ModelVersion publish(ModelRepository repository) {
    return repository.publish(
        "table",
        Manifest.builder("onnx").main("model.onnx").build(),
        Map.of(
            "model.onnx", source.resolve("model.onnx"), "table.bin", source.resolve("table.bin")));
  }

  private static void call(Session session, int row) {
    Tensor y =
        session
            .predict(
                dev.inproc.inference.tensor.Tensors.of(
                    "x", Tensor.of(Shape.scalar(), new long[] {row})))
            .only();
    float[] answer = y.toFloats();
    for (int i = 0; i < WIDTH; i++) {
      assertEquals(row * WIDTH + i, answer[i], 0);
    }
  }

  @Test
  void files_truncatedOverwrittenDeletedAndRootEmptied_failNoCall() throws Exception {
    Path table = root.resolve("table/1/table.bin");
    List<Runnable> changes =
        List.of(
            () -> truncate(table, 5_000),
            () -> overwrite(table),
            () -> overwrite(root.resolve("table/1/model.onnx")),
            () -> deleteAll(root.resolve("table/1")),
            () -> deleteAll(root));
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (ModelRepository repository = ModelRepository.open(root)) {
      ModelVersion version = publish(repository);
      version.verify();
      try (Session session = new OnnxEngine().load(version.source(), SessionOptions.DEFAULT)) {
        AtomicInteger done = new AtomicInteger();
        List<Future<?>> callers = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
          callers.add(
              threads.submit(
                  () -> {
                    for (int n = done.getAndIncrement(); n < CALLS; n = done.getAndIncrement()) {
                      call(session, (int) (n * 7_919L % ROWS)); // a prime: all over the table
                    }
                  }));
        }
        for (int i = 0; i < changes.size(); i++) {
          int from = CALLS / (changes.size() + 1) * (i + 1);
          while (done.get() < from && callers.stream().noneMatch(Future::isDone)) {
            Thread.onSpinWait();
          }
          changes.get(i).run();
        }
        for (Future<?> each : callers) {
          each.get();
        }
        repository.refresh();
        assertTrue(repository.isMissing());
        assertEquals(List.of(version), repository.versions("table"));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void load_filesThatChangedSinceTheyWereVerified_isRefused() throws IOException {
    try (ModelRepository repository = ModelRepository.open(root)) {
      ModelVersion version = publish(repository);
      version.verify();
      flip(root.resolve("table/1/table.bin"));
      ModelLoadException e =
          assertThrows(
              ModelLoadException.class, () -> new OnnxEngine().load(version.source()).close());
      assertTrue(e.getMessage().contains("the SHA-256 of " + root), e.getMessage());
      flip(root.resolve("table/1/table.bin"));
      new OnnxEngine().load(version.source()).close();
      flip(root.resolve("table/1/model.onnx"));
      assertThrows(ModelLoadException.class, () -> new OnnxEngine().load(version.source()).close());
    }
  }

  @Test
  void load_externalDataThatTheManifestDoesNotList_isRefused() throws IOException {
    try (ModelRepository repository = ModelRepository.open(root)) {
      Manifest manifest = Manifest.builder("onnx").build();
      ModelVersion version =
          repository.publish("table", manifest, Map.of("model.onnx", source.resolve("model.onnx")));
      Files.copy(source.resolve("table.bin"), root.resolve("table/1/table.bin"));
      ModelLoadException e =
          assertThrows(
              ModelLoadException.class, () -> new OnnxEngine().load(version.source()).close());
      assertTrue(
          e.getMessage().contains("table.bin is none of the files that have a digest"),
          e.getMessage());
    }
  }

  @Test
  void privateCopy_withoutDigests_outlivesItsFiles() throws IOException {
    ModelSource copied = ModelSource.file(source.resolve("model.onnx")).withPrivateCopy();
    try (Session session = new OnnxEngine().load(copied)) {
      truncate(source.resolve("table.bin"), 0);
      for (int row = 0; row < ROWS; row += 997) {
        call(session, row);
      }
    }
  }

  private static void flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  private static void truncate(Path file, long size) {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(size);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void overwrite(Path file) {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.write(new byte[ROWS * WIDTH * 4]);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void deleteAll(Path tree) {
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}

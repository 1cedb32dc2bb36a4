package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.ScriptedModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where findings go, and when the model is read for them. */
class IntegrityFindingsTest {
  private static final ModelSource MEMORY = ModelSource.bytes("m", new byte[] {1, 2});

  @TempDir Path directory;

  /** {@code (x FLOAT32[batch]) -> (y FLOAT32[batch])}; where it leaks, y counts the rows. */
  private static ScriptedModel model(boolean leaks, String output) {
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("x", DataType.FLOAT32, new long[] {-1}, "batch")),
            List.of(TensorSpec.of(output, DataType.FLOAT32, new long[] {-1}, "batch")));
    return new ScriptedModel(
        signature,
        inputs -> {
          float[] y = inputs.only().toFloats();
          for (int i = 0; leaks && i < y.length; i++) {
            y[i] *= y.length;
          }
          return Tensors.of(output, Tensor.of(Shape.of(y.length), y));
        });
  }

  private static SessionOptions with(IntegrityOptions options) {
    return SessionOptions.builder().integrity(options).build();
  }

  private SessionOptions kept() {
    return with(IntegrityOptions.DEFAULT.withFindings(directory));
  }

  private static int runsOf(ModelSource source, SessionOptions options) {
    ScriptedModel model = model(false, "y");
    Fixture.probed(source, options, model).close();
    return model.started();
  }

  private static List<Path> files(Path in) throws IOException {
    try (Stream<Path> all = Files.list(in)) {
      return all.sorted().toList();
    }
  }

  /** A resource that counts how often it is opened. */
  private static final class Counting extends ClassLoader {
    private int opened;

    @Override
    public @Nullable URL getResource(String name) {
      return null;
    }

    @Override
    public InputStream getResourceAsStream(String name) {
      opened++;
      return new ByteArrayInputStream(new byte[] {1, 2});
    }

    ModelSource source() {
      ModelSource source = ModelSource.resource(this, "m.bin");
      opened = 0; // it was looked for
      return source;
    }
  }

  private static int opened(SessionOptions options) {
    Counting counting = new Counting();
    ScriptedModel model = model(false, "y");
    model.tell(Statefulness.NONE);
    Fixture.probed(counting.source(), options, model).close();
    return counting.opened;
  }

  @Test
  void load_byDefault_writesNothingBesideTheModel() throws IOException {
    Path file = Files.write(directory.resolve("m.bin"), new byte[] {1, 2});
    assertTrue(runsOf(ModelSource.file(file), SessionOptions.DEFAULT) > 0);
    assertEquals(List.of(file), files(directory));
    assertNull(IntegrityOptions.DEFAULT.findings());
  }

  @Test
  void digest_whereNoFindingIsKeptOrNoProbeRuns_isNotComputed() throws IOException {
    IntegrityOptions keeping = IntegrityOptions.DEFAULT.withFindings(directory);
    assertEquals(0, opened(SessionOptions.DEFAULT), "nothing is kept");
    assertEquals(0, opened(with(IntegrityOptions.skip().withFindings(directory))), "no probe");
    SessionOptions alone = SessionOptions.builder().integrity(keeping).maxBatchSize(1).build();
    assertEquals(0, opened(alone), "one by one anyway");
    Counting known = new Counting();
    ScriptedModel model = model(false, "y");
    Fixture.probed(known.source().withSha256(MEMORY.digest()), with(keeping), model).close();
    assertEquals(0, known.opened, "the engine has verified it");
    assertEquals(1, files(directory).size());
    assertEquals(1, opened(with(keeping)));
    assertEquals(1, files(directory).size(), "the same digest");
  }

  @Test
  void findings_keptInADirectory_areFoundAgainWhereverTheModelIs(@TempDir Path elsewhere)
      throws IOException {
    Path findings = directory.resolve("made/on/demand");
    SessionOptions options = with(IntegrityOptions.DEFAULT.withFindings(findings));
    String first;
    try (Fixture f = Fixture.probed(MEMORY, options, model(true, "y=\n %ü"))) {
      first = f.session.integrity().toString();
      assertTrue(f.model().started() > 0);
    }
    List<Path> entries = files(findings);
    assertEquals(1, entries.size());
    assertTrue(entries.get(0).getFileName().toString().startsWith(MEMORY.digest()));
    Path file = Files.write(elsewhere.resolve("moved.bin"), new byte[] {1, 2});
    try (Fixture f = Fixture.probed(ModelSource.file(file), options, model(true, "y=\n %ü"))) {
      assertEquals(0, f.model().started(), "not probed again");
      assertEquals(first, f.session.integrity().toString());
      assertFalse(f.session.integrity().allowsBatching());
    }
    IntegrityOptions lenient = options.integrity().withTolerance(1e9);
    try (Fixture f = Fixture.probed(MEMORY, with(lenient), model(true, "y=\n %ü"))) {
      assertEquals(0, f.model().started(), "the tolerance judges what was found");
      assertTrue(f.session.integrity().allowsBatching());
    }
    assertEquals(entries, files(findings));
    assertEquals(List.of(file), files(elsewhere));
  }

  @Test
  void findings_ofAnotherModelOrSetting_areNotUsed() throws IOException {
    assertTrue(runsOf(MEMORY, kept()) > 0);
    assertTrue(runsOf(ModelSource.bytes("m", new byte[] {1, 3}), kept()) > 0);
    assertTrue(runsOf(MEMORY, kept().toBuilder().maxBatchSize(7).build()) > 0);
    IntegrityOptions given =
        kept().integrity().withInputs(Tensors.of("x", Tensor.of(Shape.of(), 5f)));
    assertTrue(runsOf(MEMORY, with(given)) > 0);
    List<Path> entries = files(directory);
    assertEquals(4, entries.size());
    // A stranger's entry under the name of this one.
    Path mine =
        entries.stream()
            .filter(f -> !f.getFileName().toString().startsWith(MEMORY.digest()))
            .findFirst()
            .orElseThrow();
    for (Path other : entries) {
      if (!other.equals(mine)) {
        Files.write(mine, Files.readAllBytes(other));
        assertTrue(runsOf(ModelSource.bytes("m", new byte[] {1, 3}), kept()) > 0);
      }
    }
    assertEquals(0, runsOf(ModelSource.bytes("m", new byte[] {1, 3}), kept()), "mended");
  }

  @Test
  void findings_damaged_areReplaced() throws IOException {
    runsOf(MEMORY, kept());
    Path entry = files(directory).get(0);
    String text = Files.readString(entry);
    for (String bad :
        List.of(
            text.replace("ORDINARY", "NOBODY"),
            text.replaceFirst(" 0\\.0 ", " 0.5 "),
            text.substring(0, text.length() - 5),
            text.substring(0, text.indexOf('\n')),
            "x".repeat(2 << 20),
            "")) {
      assertNotEquals(text, bad);
      Files.writeString(entry, bad);
      assertTrue(runsOf(MEMORY, kept()) > 0, bad.length() + " characters");
      assertEquals(text, Files.readString(entry));
    }
    Path aside = Files.move(entry, directory.resolve("aside"));
    Files.createSymbolicLink(entry, aside);
    assertTrue(runsOf(MEMORY, kept()) > 0, "a link");
    assertEquals(0, runsOf(MEMORY, kept()));
  }

  @Test
  void findings_whereTheDirectoryIsAFileOrForEverybody_areNotKeptAndTheModelLoads()
      throws IOException {
    Path file = Files.createFile(directory.resolve("a-file"));
    SessionOptions options = with(IntegrityOptions.DEFAULT.withFindings(file));
    assertTrue(runsOf(MEMORY, options) > 0);
    assertTrue(runsOf(MEMORY, options) > 0);
    Files.delete(file);
    runsOf(MEMORY, kept());
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertTrue(runsOf(MEMORY, kept()) > 0, "anybody may have written it");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      assertEquals(0, runsOf(MEMORY, kept()), "reading is enough");
    } finally {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void findings_ofManyLoadsAtOnce_areAllThereAndWhole() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      Callable<Integer> load = () -> runsOf(MEMORY, kept());
      Callable<Integer> other = () -> runsOf(MEMORY, kept().toBuilder().maxBatchSize(7).build());
      for (int round = 0; round < 20; round++) {
        for (Path entry : files(directory)) {
          Files.delete(entry);
        }
        for (Future<Integer> each : pool.invokeAll(List.of(load, other, load, other))) {
          each.get();
        }
        assertEquals(2, files(directory).size(), "no update is lost, no draft is left");
        assertEquals(0, load.call());
        assertEquals(0, other.call());
      }
    } finally {
      pool.shutdownNow();
    }
  }
}

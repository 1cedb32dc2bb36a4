package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.onnx.format.FileBytes;
import dev.inproc.inference.onnx.format.ModelStructure;
import dev.inproc.inference.onnx.format.ProtoException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged real models. {@code -Dinproc.mutants=N} loads N of them with ONNX Runtime, in a JVM of
 * their own: what our reader accepts must load or be refused, never crash.
 */
class MutatedModelsTest {
  private static final long SEED = 20261124;
  private static final int READ = 60_000;

  @TempDir Path directory;

  @Test
  void readers_ofMutants_readOrRefuse() {
    Mutations mutations = new Mutations(SEED, Seeds.models());
    int accepted = 0;
    int removed = 0;
    for (int i = 0; i < READ; i++) {
      byte[] bytes = mutations.next();
      try {
        accepted += ReaderProperties.structure(bytes) ? 1 : 0;
        removed += ReaderProperties.zipMapRemoval(bytes) ? 1 : 0;
      } catch (Throwable t) {
        throw new AssertionError("seed " + SEED + ", mutant " + i, t);
      }
    }
    assertTrue(accepted > READ / 20 && accepted < READ, "accepted " + accepted);
    assertTrue(removed > READ / 1000, "removed " + removed);
  }

  @Test
  void file_readInWindows_isReadLikeBytes() throws IOException {
    Mutations mutations = new Mutations(SEED + 1, Seeds.models());
    for (int i = 0; i < 500; i++) {
      byte[] bytes = mutations.next();
      Path file = Files.write(directory.resolve("mutant.onnx"), bytes);
      boolean accepted;
      try (FileBytes content = new FileBytes(file)) {
        ModelStructure.of(content);
        accepted = true;
      } catch (ProtoException e) {
        accepted = false;
      }
      assertEquals(ReaderProperties.structure(bytes), accepted, "seed " + (SEED + 1) + ", " + i);
    }
  }

  @Test
  @Timeout(300)
  void engine_givenMutants_loadsOrRefusesButNeverCrashes() throws Exception {
    int mutants = Integer.getInteger("inproc.mutants", 3000);
    String path =
        String.join(
            File.pathSeparator,
            "target/test-classes",
            "target/classes",
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path", ""));
    Path log = directory.resolve("child.log");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                path,
                MutantLoader.class.getName(),
                Long.toString(SEED),
                Integer.toString(mutants),
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = child.waitFor(280, TimeUnit.SECONDS);
    child.destroyForcibly();
    String output = Files.readString(log, StandardCharsets.UTF_8);
    assertTrue(ended, () -> "hangs: " + output);
    assertEquals(0, child.exitValue(), () -> "seed " + SEED + ": " + output);
    assertTrue(output.contains("mutants: " + mutants), output);
    System.out.print(output);
  }
}

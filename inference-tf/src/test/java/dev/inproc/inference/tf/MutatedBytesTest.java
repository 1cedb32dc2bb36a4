package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Some seconds of what the fuzz tests do for an hour, always the same. */
class MutatedBytesTest {
  private static final long SEED = 17;

  @Test
  void savedModels_mutated_areReadAsProtobufDoesOrRefused() {
    Mutations.run(SEED, Seeds.models(), ReaderProperties::savedModel);
  }

  @Test
  void warmUpRequests_mutated_areReadOrRefused() {
    Mutations.run(18, Seeds.warmUpRequests(), ReaderProperties::warmUpRequest);
    Mutations.run(19, Seeds.warmUpFiles(), ReaderProperties::warmUpFile);
  }

  @Test
  void seeds_areAccepted_andCutOnesAreNot() {
    for (byte[] model : Seeds.models()) {
      assertTrue(ReaderProperties.savedModel(model));
      assertFalse(ReaderProperties.savedModel(Arrays.copyOf(model, model.length - 1)));
    }
  }

  /** What our reader accepts TensorFlow must load or refuse, never crash over. */
  @Test
  void engine_givenMutants_loadsOrRefusesButNeverCrashes(@TempDir Path directory) throws Exception {
    int mutants = Integer.getInteger("inproc.mutants", 500);
    Path log = directory.resolve("child.log");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                String.join(
                    File.pathSeparator,
                    "target/test-classes",
                    "target/classes",
                    System.getProperty("jdk.module.path", ""),
                    System.getProperty("java.class.path", "")),
                MutantLoader.class.getName(),
                Long.toString(SEED),
                Integer.toString(mutants),
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = child.waitFor(Math.max(120, mutants / 20), TimeUnit.SECONDS);
    child.destroyForcibly();
    String output = Files.readString(log, StandardCharsets.ISO_8859_1);
    assertTrue(ended, () -> "hangs: " + output);
    assertEquals(0, child.exitValue(), () -> "seed " + SEED + ": " + output);
    assertTrue(output.contains("mutants: " + mutants), output);
    System.out.println(output.substring(output.indexOf("mutants: ")).strip());
  }
}

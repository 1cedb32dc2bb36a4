package dev.inproc.inference.testing.temporary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.endurance.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every engine says where the temporary directory cannot be used: its name and that of the
 * property, each time. Mounting such a directory takes root on Linux.
 */
@Tag("endurance")
public abstract class TemporaryDirectoryContract {
  private final String engine;
  private final boolean unpacksMuch;

  @TempDir Path directory;

  /**
   * Creates the suite for the engine of this name.
   *
   * @param unpacksMuch whether its library has hundreds of megabytes
   */
  protected TemporaryDirectoryContract(String engine, boolean unpacksMuch) {
    this.engine = engine;
    this.unpacksMuch = unpacksMuch;
  }

  /** Writes a model that loads elsewhere. */
  protected abstract Path write(Path empty) throws IOException;

  @Test
  void load_temporaryDirectoryMissing_saysSoEachTime() throws Exception {
    expectNamed(directory.resolve("nowhere"), "NoSuchFileException");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ro", "size=4k", "noexec"})
  void load_temporaryDirectoryUnfit_saysSoEachTime(String mountOption) throws Exception {
    if (mountOption.equals("noexec") && unpacksMuch && !Boolean.getBoolean("inproc.endurance")) {
      Assumptions.abort("the library is unpacked whole before it fails: the long form only");
    }
    Path mounted = Files.createDirectory(directory.resolve("mounted"));
    if (run("mount", "-t", "tmpfs", "-o", mountOption, "tmpfs", mounted.toString()) != 0) {
      String reason = "a tmpfs cannot be mounted here; that takes root on Linux";
      System.out.println("SKIPPED, " + mountOption + ": " + reason);
      Assumptions.abort(reason);
    }
    try {
      expectNamed(mounted, "");
    } finally {
      assertEquals(0, run("umount", mounted.toString()));
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
    } catch (IOException e) {
      return -1; // no such program
    }
  }

  private void expectNamed(Path temporary, String further) throws Exception {
    Path model = write(Files.createDirectory(directory.resolve("model")));
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            directory,
            Duration.ofMinutes(1),
            List.of(
                "-Djava.io.tmpdir=" + temporary,
                // Where JavaCPP unpacks to; a user names it to the same end.
                "-Dorg.bytedeco.javacpp.cachedir=" + temporary.resolve("cache")),
            (process, output) -> {},
            LoadTwice.class,
            engine,
            model.toString());
    List<String> said =
        outcome.output().lines().filter(line -> line.startsWith("FAILED ")).toList();
    assertEquals(2, said.size(), outcome::output);
    for (String line : said) {
      assertTrue(line.contains("java.io.tmpdir"), outcome::output);
      assertTrue(line.contains(temporary.toString()), outcome::output);
      assertTrue(line.contains(further), outcome::output);
      assertTrue(!line.contains("glibc"), outcome::output);
    }
  }
}

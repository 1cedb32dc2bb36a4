package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.testing.endurance.ChildJvm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a process holds after it has loaded and closed models, as Linux counts it. */
@Tag("endurance")
@EnabledOnOs(OS.LINUX)
class ReleasedMemoryTest {
  private static final String MINILM = "all-minilm-l6-v2.onnx";

  @TempDir private Path directory;

  /** A model of 12 MB: one that stayed in memory would be a twentieth of the process. */
  @Test
  void model_loadedAndClosedAgainAndAgain_leavesNoMemory() throws Exception {
    Path file = directory.resolve("mlp.onnx");
    Files.write(file, Models.mlp(1024, 1024, 1024, 1024, 1));
    check(file, 40);
  }

  @Test
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void modelOf90Megabytes_loadedAndClosed200Times_leavesNoMemory() throws Exception {
    Path file = directory.resolve(MINILM);
    try (InputStream in = getClass().getClassLoader().getResourceAsStream(MINILM)) {
      Files.copy(in, file);
    }
    check(file, 200);
  }

  private static void check(Path file, int loads) throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-Xms128m",
                "-XX:+UseSerialGC",
                "-XX:+AlwaysPreTouch", // so that what grows is native
                "-cp",
                ChildJvm.classPath(),
                LoadAndClose.class.getName(),
                file.toString(),
                Integer.toString(loads))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String printed = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(child.waitFor(600, TimeUnit.SECONDS) && child.exitValue() == 0, printed);
    List<Long> kb = Stream.of(printed.strip().split(" ")).map(Long::parseLong).toList();
    System.out.println("VmRSS after 5 and after all " + loads + " loads, in kB: " + kb);
    assertTrue(kb.get(1) <= 1.05 * kb.get(0), kb::toString);
  }

  /** Prints what is resident after the first loads, which load classes and code, and at the end. */
  static final class LoadAndClose {
    public static void main(String[] args) throws Exception {
      Path file = Path.of(args[0]);
      int loads = Integer.parseInt(args[1]);
      SessionOptions options =
          SessionOptions.builder().integrity(IntegrityOptions.skip()).intraOpThreads(1).build();
      for (int load = 1; load <= loads; load++) {
        new OnnxEngine().load(ModelSource.file(file), options).close();
        if (load == 5 || load == loads) {
          System.gc();
          Thread.sleep(500); // the janitor trims after the model was freed
          System.out.print(residentKb() + " ");
        }
      }
    }

    private static long residentKb() throws IOException {
      try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
        String line = lines.filter(each -> each.startsWith("VmRSS")).findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
  }
}

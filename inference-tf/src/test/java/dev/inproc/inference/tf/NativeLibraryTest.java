package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
  @TempDir Path directory;

  /** All that this JVM sees but the native library, modules and patches included. */
  private static String classPathWithoutNatives() {
    return Stream.of(
            "target/test-classes",
            "target/classes",
            System.getProperty("java.class.path", ""),
            System.getProperty("jdk.module.path", ""))
        .flatMap(path -> Arrays.stream(path.split(File.pathSeparator, -1)))
        .filter(entry -> !entry.matches("|.*tensorflow-core-native-[^/]*-(linux|mac|win).*"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  @Test
  void load_nativeLibraryMissing_saysWhatToDependOn() throws Exception {
    Path model = SavedModels.tinyMlp().write(directory);
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPathWithoutNatives(),
                NativeLibraryTest.class.getName(),
                model.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(child.waitFor(60, TimeUnit.SECONDS), output);
    assertEquals(1, child.exitValue(), output);
    assertTrue(output.contains("ModelLoadException: Cannot load " + model), output);
    assertTrue(output.contains("org.tensorflow:tensorflow-core-native:1.1.0"), output);
  }

  /** What runs in the child. */
  public static void main(String[] arguments) {
    new TensorFlowEngine().load(ModelSource.file(Path.of(arguments[0]))).close();
  }
}

package dev.inproc.inference.onnx;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.quantize.Quantizer;
import dev.inproc.inference.testing.endurance.ChildJvm;
import java.io.File;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Row-wise INT8 MiniLM on two versions of ONNX Runtime, in JVMs of their own. On 1.28.0 an answer
 * is bit-equal alone and in a batch. On 1.20.0 it is not, and the probe at load finds that out. The
 * older jar is copied by the profile {@code endurance}.
 */
@Tag("endurance")
@EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
class OlderRuntimeTest {
  private static final Path OLDER =
      Path.of("target", "older-runtime", "onnxruntime-1.20.0.jar").toAbsolutePath();

  @TempDir private Path directory;

  @BeforeEach
  void quantize() throws Exception {
    Path fp32 = directory.resolve("fp32.onnx");
    try (InputStream in =
        getClass().getClassLoader().getResourceAsStream("all-minilm-l6-v2.onnx")) {
      Files.copy(in, fp32);
    }
    Quantizer.quantize(fp32, directory.resolve("int8.onnx"));
  }

  @Test
  void rowwiseInt8_testedRuntime_isBitEqualInABatch() throws Exception {
    assertSays(load(ChildJvm.classPath()), "batching true", "largest 0.0)", "ONNX Runtime 1.28.0");
  }

  @Test
  void rowwiseInt8_olderRuntime_isFoundAndRunOneByOne() throws Exception {
    assertTrue(Files.exists(OLDER), () -> OLDER + " is missing: run with -Pendurance");
    String tested = ChildJvm.classPath();
    String older =
        Arrays.stream(tested.split(File.pathSeparator))
            .map(entry -> entry.matches(".*onnxruntime-[0-9.]+\\.jar") ? OLDER.toString() : entry)
            .collect(Collectors.joining(File.pathSeparator));
    assertNotEquals(tested, older, "ONNX Runtime is on the class path");
    assertSays(
        load(older), "batching false", "answers depend on batch-mates", "ONNX Runtime 1.20.0");
  }

  private String load(String classPath) throws Exception {
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            directory,
            Duration.ofMinutes(2),
            List.of("-Xmx512m"),
            classPath,
            (process, output) -> {},
            OlderRuntimeTest.class,
            directory.resolve("int8.onnx").toString());
    System.out.println(outcome.output());
    assertEquals(0, outcome.exit(), outcome::output);
    return outcome.output();
  }

  /** What runs in the child. */
  public static void main(String[] args) {
    SessionOptions options =
        SessionOptions.builder()
            .pad("input_ids", 0)
            .pad("attention_mask", 0)
            .pad("token_type_ids", 0)
            .integrity(IntegrityOptions.DEFAULT.withTimeLimit(Duration.ofMinutes(1)))
            .build();
    try (Session session = new OnnxEngine().load(ModelSource.file(Path.of(args[0])), options)) {
      System.out.println(
          "batching " + session.integrity().allowsBatching() + ": " + session.integrity());
    }
  }
}

package dev.inproc.inference.tf;

import static dev.inproc.inference.tf.testing.GraphWriter.type;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.GraphWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** Operators that a native library brings, which the C compiler of the machine builds here. */
@Timeout(120)
class OperatorLibrariesTest {
  @TempDir Path directory;

  /** x FLOAT32[?,2] through one operator. */
  private Path model(String operator) {
    return new GraphWriter()
        .input("x", DataType.DT_FLOAT, -1, 2)
        .node(operator, "y", "x")
        .describe("y", "y:0", DataType.DT_FLOAT, -1, 2)
        .signature("serving_default", "x", "y")
        .write(directory.resolve(operator));
  }

  private static String refusal(Path model, TensorFlowOptions.Builder options) {
    TensorFlowEngine engine = new TensorFlowEngine(options.build());
    return assertThrows(ModelLoadException.class, () -> engine.load(ModelSource.file(model)))
        .getMessage();
  }

  private static float[] answer(Path model, TensorFlowOptions.Builder options) {
    try (Session session = new TensorFlowEngine(options.build()).load(ModelSource.file(model))) {
      return session.predict(Tensors.of("x", Tensor.of(1f, -3f))).only().toFloats();
    }
  }

  private Path library() throws Exception {
    NativeLibrary.load("test"); // unpacks TensorFlow's own libraries
    Path own = null;
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      own =
          lines
              .filter(line -> line.contains("libtensorflow_framework.so"))
              .map(line -> Path.of(line.substring(line.indexOf('/'))))
              .findFirst()
              .orElseThrow();
    } catch (IOException e) {
      assumeTrue(false, "no /proc");
    }
    Path source = directory.resolve("operator_library.c");
    try (InputStream in = getClass().getResourceAsStream("/operator_library.c")) {
      Files.copy(in, source);
    }
    Path library = directory.resolve("liboperators.so");
    List<String> command =
        new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-o", library.toString()));
    command.addAll(List.of(source.toString(), own.toString()));
    Process compiler;
    try {
      compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, "no C compiler: " + e);
      throw e;
    }
    String printed = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(compiler.waitFor(60, TimeUnit.SECONDS) && compiler.exitValue() == 0, printed);
    return library;
  }

  /** One test, since a library that is loaded stays so. */
  @Test
  void operators_ofALibrary_areServedOnceItIsNamed() throws Exception {
    Path twice = model("InprocTwice");
    Path negated = model("InprocNegated");
    String untrusted = refusal(twice, TensorFlowOptions.builder());
    assertTrue(untrusted.contains("InprocTwice"), untrusted);
    assertTrue(untrusted.contains("operatorLibrary"), untrusted);
    String trusted = refusal(twice, TensorFlowOptions.builder().trusted(true));
    assertTrue(trusted.contains("Op type not registered 'InprocTwice'"), trusted);
    assertTrue(trusted.contains("operatorLibrary"), trusted);

    Path library = library();
    TensorFlowOptions.Builder named = TensorFlowOptions.builder().operatorLibrary(library);
    assertArrayEquals(new float[] {2, -6}, answer(twice, named));
    assertArrayEquals(new float[] {-1, 3}, answer(negated, named)); // it is loaded already
    Path link = Files.createSymbolicLink(directory.resolve("link.so"), library);
    assertArrayEquals(
        new float[] {2, -6}, answer(twice, TensorFlowOptions.builder().operatorLibrary(link)));
    assertEquals(
        Set.of("InprocTwice", "InprocNegated"), OperatorLibraries.load("test", List.of(library)));
    // Loaded for one model, its operators are not trusted for another.
    assertTrue(refusal(twice, TensorFlowOptions.builder()).contains("InprocTwice"));
    // All other operators are checked as ever.
    Path evil =
        new GraphWriter()
            .input("x", DataType.DT_STRING)
            .node("ReadFile", "y", "x")
            .describe("y", "y:0", DataType.DT_STRING)
            .signature("serving_default", "x", "y")
            .write(directory.resolve("evil"));
    assertTrue(refusal(evil, named).contains("operator ReadFile"));
  }

  @Test
  void library_missingOrBroken_isALoadExceptionThatNamesIt() throws IOException {
    Path model =
        new GraphWriter()
            .input("x", DataType.DT_FLOAT, -1, 2)
            .node("Relu", "y", "x", type("T", DataType.DT_FLOAT))
            .describe("y", "y:0", DataType.DT_FLOAT, -1, 2)
            .signature("serving_default", "x", "y")
            .write(directory.resolve("model"));
    Path text = Files.writeString(directory.resolve("text.so"), "no library");
    Path nothing = directory.resolve("nothing.so");
    Path broken = Files.createSymbolicLink(directory.resolve("broken.so"), nothing);
    for (Path each : List.of(text, nothing, broken, directory)) {
      String message = refusal(model, TensorFlowOptions.builder().operatorLibrary(each));
      assertTrue(message.contains("operator library " + each + ": "), message);
    }
    assertArrayEquals(new float[] {1, 0}, answer(model, TensorFlowOptions.builder()));
  }

  @Test
  void operator_thatNothingHas_leadsToTheOption() {
    Path model = model("InprocNobodyHasThis");
    for (boolean trust : new boolean[] {false, true}) {
      String message = refusal(model, TensorFlowOptions.builder().trusted(trust));
      assertTrue(message.contains("operatorLibrary"), message);
    }
  }
}

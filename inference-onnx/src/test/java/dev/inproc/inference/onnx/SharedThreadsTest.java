package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.OnnxContractModels;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.endurance.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In child JVMs: a process has one environment, and whoever comes first makes it. */
class SharedThreadsTest {
  private static final int THREADS = 4;
  private static final int MODELS = 20;

  @TempDir Path directory;

  private String run(String first) throws Exception {
    Assumptions.assumeTrue(
        Files.isReadable(Path.of("/proc/self/status")), "there is no /proc to count threads in");
    Path logging =
        Files.writeString(
            directory.resolve("warnings.properties"),
            "handlers=java.util.logging.ConsoleHandler\n.level=WARNING\n");
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            directory,
            Duration.ofMinutes(1),
            List.of("-Djava.util.logging.config.file=" + logging),
            (process, output) -> {},
            SharedThreadsTest.class,
            first);
    assertEquals(0, outcome.exit(), outcome::output);
    return outcome.output();
  }

  /** What runs in the child: one model, or an environment, and then many models. */
  public static void main(String[] args) throws Exception {
    OnnxContractModels models = new OnnxContractModels();
    SessionOptions options = SessionOptions.builder().intraOpThreads(THREADS).build();
    OnnxEngine engine = new OnnxEngine(OnnxOptions.builder().sharedThreads(THREADS).build());
    if (args[0].equals("elsewhere")) {
      ai.onnxruntime.OrtEnvironment.getEnvironment();
    }
    List<Session> sessions = new ArrayList<>();
    sessions.add(engine.load(models.tinyMlp(), options));
    int before = threads();
    for (int i = 0; i < MODELS; i++) {
      sessions.add(engine.load(models.tinyMlp(), options));
    }
    System.out.println("THREADS " + (threads() - before));
    Tensors input = Tensors.of("x", Tensor.of(new float[16]));
    float expected = models.tinyMlpReference(new float[16])[0];
    for (Session session : sessions) {
      if (Math.abs(session.predict(input).only().getFloat(0) - expected) > 1e-5) {
        throw new AssertionError("A wrong answer");
      }
      session.close();
    }
    System.exit(0);
  }

  private static int threads() throws Exception {
    String status = Files.readString(Path.of("/proc/self/status"));
    return Integer.parseInt(status.replaceAll("(?s).*Threads:\\s*(\\d+).*", "$1"));
  }

  private static int added(String output) {
    return Integer.parseInt(output.replaceAll("(?s).*THREADS (-?\\d+).*", "$1"));
  }

  @Test
  void sharedThreads_first_twentyModelsAddNone() throws Exception {
    String output = run("first");
    assertTrue(added(output) <= 2, output); // the JVM's own come and go
  }

  @Test
  void sharedThreads_environmentMadeElsewhere_eachHasItsPoolAndAWarningSaysSo() throws Exception {
    String output = run("elsewhere");
    assertTrue(added(output) >= MODELS * (THREADS - 1) - 2, output);
    assertTrue(output.contains("has an engine pool of its own"), output);
  }

  @Test
  void sharedThreads_notPositive_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> OnnxOptions.builder().sharedThreads(0));
  }
}

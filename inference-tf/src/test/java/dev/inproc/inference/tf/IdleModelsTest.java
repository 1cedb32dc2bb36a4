package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tf.testing.TensorFlowContractModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class IdleModelsTest {
  private static final Path TASKS = Path.of("/proc/self/task");
  private static final int MODELS = 40;

  /** This process's threads, native ones included. */
  private static long threads() throws IOException {
    try (Stream<Path> tasks = Files.list(TASKS)) {
      return tasks.count();
    }
  }

  @Test
  void load_fortyMore_noThreadEach() throws Exception {
    Assumptions.assumeTrue(Files.isDirectory(TASKS), "there is no /proc to count threads in");
    TensorFlowContractModels models = new TensorFlowContractModels();
    ModelSource source = models.tinyMlp();
    List<Session> sessions = new ArrayList<>();
    try {
      sessions.add(models.engine().load(source));
      long before = threads();
      for (int i = 0; i < MODELS; i++) {
        sessions.add(models.engine().load(source));
      }
      long added = threads() - before; // the JVM's own come and go
      assertTrue(added < MODELS / 4, added + " threads");
    } finally {
      sessions.forEach(Session::close);
    }
  }
}

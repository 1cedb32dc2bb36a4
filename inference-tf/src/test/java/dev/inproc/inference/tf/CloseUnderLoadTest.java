package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In JVMs of their own: a crash is then a failure and not the end of the tests. */
class CloseUnderLoadTest {
  private static final int THREADS = 8;
  private static final int ROUNDS = Integer.getInteger("inproc.close.rounds", 100);
  @TempDir Path directory;

  private static Process java(String classPath, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-cp", classPath));
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /** All that this JVM sees, modules and patches included, as one class path. */
  private static String classPath() {
    return Stream.of(
            "target/test-classes",
            "target/classes",
            System.getProperty("java.class.path", ""),
            System.getProperty("jdk.module.path", ""))
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String outputOf(Process process) throws Exception {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
    return output;
  }

  @Test
  void close_whileEightThreadsPredict_answersOrSaysClosed() throws Exception {
    Path model = SavedModels.tinyMlp().write(directory);
    Process child =
        java(
            classPath(),
            CloseUnderLoadTest.class.getName(),
            model.toString(),
            Integer.toString(ROUNDS));
    String output = outputOf(child);
    assertEquals(0, child.exitValue(), output);
    assertTrue(output.contains("closed " + ROUNDS + " times"), output);
  }

  @Test
  void load_nativeLibraryMissing_saysWhatToDependOn() throws Exception {
    Path model = SavedModels.tinyMlp().write(directory);
    String withoutNatives =
        Arrays.stream(classPath().split(File.pathSeparator, -1))
            .filter(entry -> !entry.matches(".*tensorflow-core-native-[^/]*-(linux|mac|win).*"))
            .collect(Collectors.joining(File.pathSeparator));
    Process child = java(withoutNatives, CloseUnderLoadTest.class.getName(), model.toString(), "1");
    String output = outputOf(child);
    assertEquals(1, child.exitValue(), output);
    assertTrue(output.contains("ModelLoadException: Cannot load " + model), output);
    assertTrue(output.contains("org.tensorflow:tensorflow-core-native:1.1.0"), output);
  }

  /** What runs in the child. */
  public static void main(String[] arguments) throws InterruptedException {
    ModelSource source = ModelSource.file(Path.of(arguments[0]));
    int rounds = Integer.parseInt(arguments[1]);
    for (int round = 0; round < rounds; round++) {
      Throwable wrong = closeUnderLoad(source);
      if (wrong != null) {
        wrong.printStackTrace();
        System.exit(2);
      }
    }
    System.out.println("closed " + rounds + " times");
  }

  private static Throwable closeUnderLoad(ModelSource source) throws InterruptedException {
    Session session = new TensorFlowEngine().load(source);
    Tensors input = Tensors.of("x", Tensor.of(new float[16]));
    Tensors expected = session.predict(input);
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    CountDownLatch running = new CountDownLatch(THREADS);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      boolean async = i % 2 == 0;
      Thread thread =
          new Thread(
              () -> {
                try {
                  running.countDown();
                  while (true) {
                    Tensors answer = async ? session.submit(input).get() : session.predict(input);
                    if (!answer.equals(expected)) {
                      throw new AssertionError(answer.toString());
                    }
                  }
                } catch (PredictorClosedException e) {
                  // the one way out
                } catch (ExecutionException e) {
                  if (!(e.getCause() instanceof PredictorClosedException)) {
                    wrong.set(e);
                  }
                } catch (Throwable t) {
                  wrong.set(t);
                }
              });
      threads.add(thread);
      thread.start();
    }
    running.await();
    session.close();
    session.close();
    for (Thread thread : threads) {
      thread.join();
    }
    return wrong.get();
  }
}

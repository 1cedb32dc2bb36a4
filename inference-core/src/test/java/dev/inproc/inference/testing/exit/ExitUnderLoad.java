package dev.inproc.inference.testing.exit;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.TestDevice;
import dev.inproc.inference.testing.contract.ContractModels;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * The program of a child JVM: eight threads predict, one of them in runs of some 10 ms to seconds,
 * two more load and close models, and after a pause the JVM ends. Arguments: the class of the
 * models; {@code exit} if the program ends itself, {@code term} if it waits for a signal, {@code
 * close} if it ends itself and a framework's shutdown hook closes the sessions; the pause in
 * microseconds; the loops of a long run.
 */
final class ExitUnderLoad {
  static final String READY = "under load";
  static final String FAILED = "FAILED: ";
  private static final int CALLERS = 7;
  private static final int LOADERS = 2;

  private final ContractModels models;
  private final Tensors input = Tensors.of("x", Tensor.of(new float[16]));
  private final CountDownLatch started = new CountDownLatch(CALLERS + 1 + LOADERS);

  private ExitUnderLoad(ContractModels models) {
    this.models = models;
  }

  public static void main(String[] args) throws Exception {
    Class<?> type = Class.forName(args[0]);
    new ExitUnderLoad((ContractModels) type.getConstructor().newInstance())
        .run(args[1], Long.parseLong(args[2]), Long.parseLong(args[3]));
  }

  private void run(String way, long pauseMicros, long loops) throws InterruptedException {
    SessionOptions options = SessionOptions.builder().devices(TestDevice.selected()).build();
    Session tiny = models.engine().load(models.tinyMlp(), options);
    Session slow = models.engine().load(models.slow(), options);
    Tensors expected = tiny.predict(input);
    Tensors longRun =
        Tensors.of(
            "x",
            Tensor.of(new float[ContractModels.SLOW_WIDTH]),
            "loops",
            Tensor.of(Shape.scalar(), loops));
    if (way.equals("close")) {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    tiny.close();
                    slow.close();
                  }));
    }
    for (int i = 0; i < CALLERS; i++) {
      start(
          () -> {
            if (!tiny.predict(input).equals(expected)) {
              System.out.println(FAILED + "a wrong answer");
            }
          });
    }
    start(() -> slow.predict(longRun));
    for (int i = 0; i < LOADERS; i++) {
      start(() -> models.engine().load(models.maskedMean(), options).close());
    }
    started.await();
    System.out.println(READY);
    if (way.equals("term")) {
      new CountDownLatch(1).await();
    }
    LockSupport.parkNanos(pauseMicros * 1000);
    System.exit(0);
  }

  private void start(Runnable step) {
    Thread thread =
        new Thread(
            () -> {
              try {
                started.countDown();
                while (true) {
                  step.run();
                }
              } catch (PredictorClosedException e) {
                return; // the framework's hook
              } catch (EngineException e) {
                System.out.println(FAILED + e);
              } catch (ModelLoadException e) {
                if (models.maskedMean().path() == null) { // the tests' own files are deleted now
                  System.out.println(FAILED + e);
                }
              }
            });
    thread.setDaemon(true);
    thread.start();
  }
}

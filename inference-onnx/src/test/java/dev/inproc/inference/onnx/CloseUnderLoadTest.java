package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The binding alone crashes the JVM here, each time. */
class CloseUnderLoadTest {
  private static final int THREADS = 8;
  private static final int ROUNDS = 200;

  @Test
  void close_whileEightThreadsPredict_answersOrSaysClosed() throws InterruptedException {
    byte[] model = Models.tinyMlp();
    Tensors input = Tensors.of("x", Tensor.of(new float[16]));
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    for (int round = 0; round < ROUNDS; round++) {
      Session session = new OnnxEngine().load(ModelSource.bytes("tiny", model));
      Tensors expected = session.predict(input);
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
                      CompletableFuture<Tensors> future =
                          async
                              ? session.submit(input)
                              : CompletableFuture.completedFuture(session.predict(input));
                      assertEquals(expected, future.get());
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
    }
    assertNull(wrong.get());
  }
}

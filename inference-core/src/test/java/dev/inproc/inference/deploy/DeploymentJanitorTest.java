package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.Replica;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The thread that frees the native memory of a version that no longer serves. */
class DeploymentJanitorTest {
  private static final int SWAPS = 30;

  private final Queue<Thread> closers = new ConcurrentLinkedQueue<>();

  private Predictor<Tensors, Tensors> lane(ModelVersion version, boolean isBatched) {
    NativeModel model = LedgerModel.scalars();
    NativeModel watched =
        (NativeModel)
            Proxy.newProxyInstance(
                NativeModel.class.getClassLoader(),
                new Class<?>[] {NativeModel.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("close")) {
                    closers.add(Thread.currentThread());
                  }
                  try {
                    return method.invoke(model, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    Session session =
        Session.of(
            version.toString(),
            version.source(),
            List.of(new Replica(watched, Device.cpu())),
            SessionOptions.builder().integrity(IntegrityOptions.skip()).build());
    return isBatched ? session.with(Batching.upTo(4)) : session;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void retiredVersion_whoseLastUserIsACaller_isFreedByALibraryThread(boolean isBatched) {
    AtomicBoolean isOver = new AtomicBoolean();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    List<Thread> callers = new ArrayList<>();
    try (Deployment<Tensors, Tensors> deployment =
        Deployment.<Tensors, Tensors>builder((version, context) -> lane(version, isBatched))
            .keepWarm(Duration.ZERO)
            .open(version(1))) {
      for (int t = 0; t < 4; t++) {
        Thread caller =
            new Thread(
                () -> {
                  try {
                    while (!isOver.get()) {
                      deployment.predict(Tensors.of("id", Tensor.of(Shape.scalar(), 7L)));
                    }
                  } catch (Throwable e) {
                    failures.add(e);
                  }
                });
        callers.add(caller);
        caller.start();
      }
      for (int swap = 2; swap < SWAPS + 2; swap++) {
        assertTrue(deployment.switchTo(version(swap)));
      }
      Await.until("all to be freed", () -> closers.size() == SWAPS);
      isOver.set(true);
      callers.forEach(Await::end);
    }
    assertEquals(List.of(), List.copyOf(failures));
    closers.forEach(each -> assertTrue(each.getName().startsWith("inproc-worker"), each::getName));
  }
}

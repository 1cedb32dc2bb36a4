package dev.inproc.inference.spring.boot;

import dev.inproc.inference.Predictor;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.beans.factory.DisposableBean;

/**
 * The models of the properties: loads them, several at once, and owns them. Beans are lent out of
 * it. Thread-safe.
 */
final class InprocModels implements DisposableBean {
  private static final System.Logger LOG = System.getLogger(InprocModels.class.getName());
  private static final int MOST_LOADS = 4;
  private static final Duration GRACE = Duration.ofSeconds(1); // close(Duration) takes half of it

  private final Map<String, CompletableFuture<Predictor<?, ?>>> models = new LinkedHashMap<>();
  private final Repositories repositories = new Repositories();
  private final Duration closeWithin;
  private volatile boolean isClosing;

  /**
   * Begins to load.
   *
   * @param closeWithin how long closing waits for the calls under way
   */
  InprocModels(InprocProperties properties, ClassLoader classes, Duration closeWithin) {
    this.closeWithin = closeWithin;
    int loads =
        Math.max(
            1,
            Math.min(
                Math.min(MOST_LOADS, Runtime.getRuntime().availableProcessors()),
                properties.models().size()));
    AtomicInteger count = new AtomicInteger();
    ExecutorService threads =
        Executors.newFixedThreadPool(
            loads,
            task -> {
              Thread thread = new Thread(task, "inproc-load-" + count.incrementAndGet());
              thread.setContextClassLoader(classes);
              thread.setDaemon(true);
              return thread;
            });
    properties
        .models()
        .forEach(
            (name, model) ->
                models.put(
                    name,
                    CompletableFuture.supplyAsync(
                        () -> load(new ModelLoader(name, model, classes)), threads)));
    threads.shutdown();
  }

  private Predictor<?, ?> load(ModelLoader loader) {
    if (isClosing) {
      throw new CancellationException("The application does not start");
    }
    return loader.load(repositories);
  }

  /**
   * Returns a model once it is loaded and warmed up.
   *
   * @throws ModelStartException if it could not be
   */
  Predictor<?, ?> get(String name) {
    CompletableFuture<Predictor<?, ?>> model = models.get(name);
    if (model == null) {
      throw new IllegalArgumentException("Expected one of " + models.keySet() + ", got " + name);
    }
    try {
      return model.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Returns the models' names. */
  List<String> names() {
    return List.copyOf(models.keySet());
  }

  /**
   * Closes all models at once: they take no more calls and answer the calls under way. Idempotent.
   * A model that is still being loaded is closed once it is.
   *
   * @return whether all was released in time
   */
  boolean close(Duration within) {
    isClosing = true;
    List<CompletableFuture<Boolean>> closed = new ArrayList<>();
    models.forEach(
        (name, model) ->
            closed.add(
                model.handleAsync(
                    (predictor, failure) -> predictor == null || predictor.close(within),
                    task -> new Thread(task, "inproc-close-" + name).start())));
    CompletableFuture<Void> all = CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new));
    var unused = all.whenComplete((done, failure) -> repositories.close());
    try {
      all.get(within.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
      return closed.stream().allMatch(CompletableFuture::join);
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      LOG.log(Level.WARNING, "A model could not be closed", e.getCause());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void destroy() {
    if (!close(closeWithin)) {
      LOG.log(
          Level.WARNING, "Calls were under way {0} after the models began to close", closeWithin);
    }
  }

  @Override
  public String toString() {
    return "InprocModels" + models.keySet();
  }
}

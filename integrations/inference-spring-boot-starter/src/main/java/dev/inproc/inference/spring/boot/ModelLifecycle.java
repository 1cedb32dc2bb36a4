package dev.inproc.inference.spring.boot;

import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;

/**
 * Drains the models when the application ends: after the web server, listeners of messages and
 * schedulers have stopped, and before any bean is destroyed.
 *
 * <p>A context that is stopped or paused, but not closed, may be started again: then the models
 * stay open.
 */
final class ModelLifecycle
    implements SmartLifecycle, ApplicationListener<ContextClosedEvent>, ApplicationContextAware {
  /** Before all that stops, last. The web server stops at {@code Integer.MAX_VALUE - 2048}. */
  static final int PHASE = Integer.MIN_VALUE + 4096;

  private static final System.Logger LOG = System.getLogger(ModelLifecycle.class.getName());

  private final InprocModels models;
  private final Duration drainWithin;
  private @Nullable ApplicationContext context;
  private volatile boolean isRunning;
  private volatile boolean isClosing;

  ModelLifecycle(InprocModels models, Duration drainWithin) {
    this.models = models;
    this.drainWithin = drainWithin;
  }

  /** Returns the time of a phase, less what is needed to report before it is over. */
  static Duration within(Duration phase) {
    Duration margin = Duration.ofSeconds(2);
    return phase.compareTo(margin.multipliedBy(2)) > 0 ? phase.minus(margin) : phase.dividedBy(2);
  }

  @Override
  public void setApplicationContext(ApplicationContext applicationContext) {
    context = applicationContext;
  }

  @Override
  public void onApplicationEvent(ContextClosedEvent event) {
    if (event.getApplicationContext() == context) { // and not a child
      isClosing = true;
    }
  }

  /** The event must be known before the phases stop. */
  @Override
  public boolean supportsAsyncExecution() {
    return false;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }

  @Override
  public void start() {
    isRunning = true;
  }

  @Override
  public void stop() {
    isRunning = false;
    if (isClosing) {
      LOG.log(Level.DEBUG, "Draining {0}", models);
      if (!models.close(drainWithin)) {
        LOG.log(Level.WARNING, "{0}: calls under way were stopped after {1}", models, drainWithin);
      }
    }
  }

  /** Does not block: the phase has its own time limit. */
  @Override
  public void stop(Runnable callback) {
    Thread drain =
        new Thread(
            () -> {
              try {
                stop();
              } finally {
                callback.run();
              }
            },
            "inproc-drain");
    drain.start();
  }

  @Override
  public boolean isRunning() {
    return isRunning;
  }
}

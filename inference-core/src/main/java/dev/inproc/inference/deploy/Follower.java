package dev.inproc.inference.deploy;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.model.RepositoryListener;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has a deployment serve what its repository names: the version of a label, else the newest. Each
 * wish is acted on once, when it is new: a version that was refused waits for another manifest, and
 * one that was rolled back is not taken up again. Only a failure that may pass, of a disk or of
 * memory, is tried again: after a second, then after twice the time, up to five minutes.
 *
 * <p>The newest version only moves upwards: a version that vanishes leaves the one that serves. All
 * state but the retry belongs to the serial tasks.
 */
final class Follower implements RepositoryListener {
  private static final long FIRST_DELAY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_DELAY_NANOS = TimeUnit.MINUTES.toNanos(5);

  private final ModelRepository repository;
  private final String model;
  private final @Nullable String label;
  private final VersionSwitcher<?, ?> switcher;
  private final SerialTasks tasks;
  private final LabelWriter.Wanted wanted;
  private final Timer timer;
  private final @Nullable ClassLoader contextClassLoader =
      Thread.currentThread().getContextClassLoader();
  private long delayNanos = FIRST_DELAY_NANOS;
  private Timer.@Nullable Scheduled retry; // guarded by this
  private volatile boolean isClosed;

  Follower(
      ModelRepository repository,
      String model,
      @Nullable String label,
      VersionSwitcher<?, ?> switcher,
      SerialTasks tasks,
      LabelWriter.Wanted wanted,
      Timer timer) {
    this.repository = repository;
    this.model = model;
    this.label = label;
    this.switcher = switcher;
    this.tasks = tasks;
    this.wanted = wanted;
    this.timer = timer;
  }

  /**
   * Starts.
   *
   * @param refusal why the version that is wanted does not serve yet, or null
   */
  void start(@Nullable ModelLoadException refusal) {
    if (refusal != null && PassingFailures.mayPass(refusal)) {
      long command = switcher.commands();
      tasks.add(() -> retryLater(wanted.version, command));
    }
    repository.addListener(this);
    tasks.add(this::look); // what changed before the listener was there
  }

  void close() {
    isClosed = true;
    repository.removeListener(this);
    forgetRetry();
  }

  @Override
  public void versionAdded(ModelVersion version) {
    lookAt(version);
  }

  @Override
  public void labelMoved(String moved, ModelVersion version) {
    lookAt(version);
  }

  private void lookAt(ModelVersion version) {
    if (version.model().equals(model)) {
      tasks.add(this::look);
    }
  }

  private void look() {
    ModelVersion now = named();
    if (!isClosed && now != null && isNews(now)) {
      forgetRetry();
      delayNanos = FIRST_DELAY_NANOS;
      wanted.version = now;
      begin(now);
    }
  }

  private @Nullable ModelVersion named() {
    if (label != null) {
      return repository.label(model, label).orElse(null);
    }
    var all = repository.versions(model);
    return all.isEmpty() ? null : all.get(all.size() - 1);
  }

  private boolean isNews(ModelVersion now) {
    return !now.equals(wanted.version)
        && (label != null || now.version() >= wanted.version.version());
  }

  private void begin(ModelVersion version) {
    Candidate candidate;
    try {
      candidate =
          switcher.begin(
              new Candidate(version, "the repository names it", true, contextClassLoader));
    } catch (RuntimeException closed) {
      return;
    }
    long command = candidate.command;
    wanted.command = command;
    var unused =
        candidate.outcome.whenComplete(
            (switched, failure) -> {
              if (failure instanceof ModelLoadException && PassingFailures.mayPass(failure)) {
                tasks.add(() -> retryLater(version, command));
              }
            });
  }

  private synchronized void retryLater(ModelVersion version, long command) {
    if (isClosed) {
      return;
    }
    long jittered = (long) (delayNanos * (1 + ThreadLocalRandom.current().nextDouble() / 4));
    delayNanos = Math.min(2 * delayNanos, LONGEST_DELAY_NANOS);
    try {
      retry = timer.schedule(() -> tasks.add(() -> retry(version, command)), jittered);
    } catch (RejectedExecutionException e) {
      // the runtime is closed
    }
  }

  /** Another command since then has decided otherwise. */
  private void retry(ModelVersion version, long command) {
    if (!isClosed && version.equals(wanted.version) && switcher.commands() == command) {
      begin(version);
    }
  }

  private synchronized void forgetRetry() {
    if (retry != null) {
      retry.cancel();
      retry = null;
    }
  }
}

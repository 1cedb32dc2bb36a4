package dev.inproc.inference.model;

import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.files.FileOperations;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a repository's directory from time to time, and keeps what is known of its models. One
 * thread looks at a time, at all models; what fails with one does not stop the others.
 */
final class RepositoryPoller {
  private static final System.Logger LOG = System.getLogger(RepositoryPoller.class.getName());
  private static final long CLOSING_SECONDS = 10;

  private final Path root;
  private final RepositoryOptions options;
  private final ServingThreads threads;
  private final FileOperations operations;
  private final VersionEntry.Context context;
  private final Listeners listeners;
  private final Map<String, ModelEntry> models = new ConcurrentHashMap<>();

  private final ReentrantLock lock = new ReentrantLock(); // whoever looks at the directory holds it
  private long polls; // under the lock
  private Timer.@Nullable Scheduled next; // under the lock
  private volatile boolean isMissing;
  private volatile boolean isClosed;

  RepositoryPoller(
      Path root, RepositoryOptions options, ServingThreads threads, FileOperations operations) {
    this.root = root;
    this.options = options;
    this.threads = threads;
    this.operations = operations;
    listeners = new Listeners(task -> threads.workers().turn(Listeners.class, task));
    context =
        new VersionEntry.Context(
            operations,
            new VersionFiles(operations, root, options.allowsLinks()),
            new ForeignModels(operations, options.foreignLayouts()),
            options,
            () -> ThreadLocalRandom.current().nextDouble(),
            this::lookAt);
  }

  /** Looks once, and polls from then on. */
  void start() {
    look();
    schedule();
  }

  /** Returns what is known of the models by their names; others may change it meanwhile. */
  Map<String, ModelEntry> models() {
    return models;
  }

  @Nullable ModelEntry model(String name) {
    return models.get(name);
  }

  Listeners listeners() {
    return listeners;
  }

  boolean isMissing() {
    return isMissing;
  }

  boolean isClosed() {
    return isClosed;
  }

  /** Looks at everything now. */
  void look() {
    look(-1);
  }

  private void poll() {
    try {
      lock.lock();
      try {
        look(polls++);
      } finally {
        lock.unlock();
      }
    } catch (Throwable t) { // whatever it is: the next poll comes
      LOG.log(Level.WARNING, "Looking at " + root + " failed", t);
    }
    schedule();
  }

  private void startPoll() {
    try {
      threads.workers().turn(this, this::poll);
    } catch (Throwable t) { // no thread to be had
      LOG.log(Level.WARNING, "No thread to look at " + root, t);
      schedule();
    }
  }

  private void schedule() {
    long nanos = options.pollInterval().toNanos();
    lock.lock();
    try {
      if (!isClosed && nanos > 0) {
        next = threads.timer().schedule(this::startPoll, nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Looks at one model now. */
  void lookAt(String model) {
    lock.lock();
    try {
      if (isClosed) {
        return;
      }
      ModelEntry entry = models.computeIfAbsent(model, this::entry);
      if (entry.look(now(), -1)) {
        found();
        entry.apply(listeners);
      } else if (entry.versions().isEmpty()) {
        models.remove(model);
      }
    } finally {
      lock.unlock();
    }
  }

  private ModelEntry entry(String model) {
    return new ModelEntry(context, model, root.resolve(model));
  }

  private long now() {
    return threads.timer().nanoTime();
  }

  /** Looks at everything; {@code poll} as for {@link ModelEntry#look}. */
  private void look(long poll) {
    lock.lock();
    try {
      TreeSet<String> gone = new TreeSet<>(models.keySet());
      for (String name : operations.list(root)) {
        if (isClosed) {
          return;
        }
        if (Names.isName(name)) {
          ModelEntry known = models.get(name);
          ModelEntry entry = known == null ? entry(name) : known;
          if (entry.look(now(), poll)) {
            gone.remove(name);
            models.put(name, entry);
          }
        }
      }
      if (!models.isEmpty() && !hasModels()) { // it may go during a look: asked last
        missing("none of its " + models.size() + " models is there");
        return;
      }
      found();
      for (String name : gone) {
        Objects.requireNonNull(models.remove(name)).removed(listeners);
      }
      models.values().forEach(entry -> entry.apply(listeners));
    } catch (IOException e) {
      missing(e.toString());
    } finally {
      lock.unlock();
    }
  }

  private boolean hasModels() throws IOException {
    return operations.list(root).stream().anyMatch(models::containsKey);
  }

  /**
   * Does nothing if the models that are known are there: nothing is written where a volume is no
   * longer mounted.
   */
  void requireStorage() throws IOException {
    if (!models.isEmpty() && !hasModels()) {
      throw new IOException("its models are not there: is the volume mounted?");
    }
  }

  private void missing(String reason) {
    if (!isMissing) {
      isMissing = true;
      LOG.log(Level.WARNING, "{0} is missing: {1}", root, reason);
      listeners.tell(listener -> listener.storageMissing(root, reason));
    }
  }

  private void found() {
    if (isMissing) {
      isMissing = false;
      LOG.log(Level.INFO, "{0} is there", root);
      listeners.tell(listener -> listener.storageFound(root));
    }
  }

  /** Ends the polling. Waits for a look that is under way, up to ten seconds. Idempotent. */
  void close() {
    isClosed = true;
    listeners.clear();
    boolean interrupted = Thread.interrupted();
    try {
      if (lock.tryLock(CLOSING_SECONDS, TimeUnit.SECONDS)) {
        try {
          if (next != null) {
            next.cancel();
          }
        } finally {
          lock.unlock();
        }
      }
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

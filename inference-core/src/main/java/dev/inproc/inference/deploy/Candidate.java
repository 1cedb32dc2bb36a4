package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.model.ModelVersion;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A version on its way to serve: it can be given up at any time until it is published. */
final class Candidate {
  final ModelVersion version;
  final String reason;
  final boolean isFollowing;
  final @Nullable ClassLoader contextClassLoader;

  /** Completes once the decision is on disk, or fails; set before the outcome. */
  volatile CompletableFuture<Void> durable = CompletableFuture.completedFuture(null);

  /** True once the version serves, false if it did already; fails if it is refused or given up. */
  final CompletableFuture<Boolean> outcome = new CompletableFuture<>();

  /** The number of the last command that wanted this; set before the outcome. */
  volatile long command;

  /** How many callers wait for the outcome; guarded by the lock of the commands. */
  int waiting;

  /** The control lane that is loaded for this. */
  private volatile @Nullable Candidate beside;

  private final CountDownLatch givenUp = new CountDownLatch(1);

  // Guarded by this.
  private @Nullable Thread loader;

  /**
   * Creates one.
   *
   * @param isFollowing whether the repository names this version already
   * @param contextClassLoader that of the thread that loads
   */
  Candidate(
      ModelVersion version,
      String reason,
      boolean isFollowing,
      @Nullable ClassLoader contextClassLoader) {
    this.version = version;
    this.reason = reason;
    this.isFollowing = isFollowing;
    this.contextClassLoader = contextClassLoader;
  }

  /** Returns a candidate for the control lane, which is given up with this. */
  Candidate control(ModelVersion stable) {
    Candidate control = new Candidate(stable, reason, false, contextClassLoader);
    beside = control;
    var unused =
        outcome.whenComplete(
            (done, failure) -> {
              if (failure instanceof RuntimeException why) {
                control.giveUp(why);
              }
            });
    return control;
  }

  /** Gives the version up: callers are released, and code of the application is interrupted. */
  void giveUp(RuntimeException why) {
    var unused = outcome.completeExceptionally(why);
    synchronized (this) {
      givenUp.countDown();
      if (loader != null) {
        loader.interrupt();
      }
    }
  }

  boolean isGivenUp() {
    return givenUp.getCount() == 0;
  }

  /**
   * Has the calling thread interrupted by {@link #giveUp} from now on.
   *
   * @return false if this was given up
   */
  synchronized boolean begin() {
    loader = Thread.currentThread();
    return !isGivenUp();
  }

  /** Returns whether the calling thread loads this version, or a control lane for it. */
  synchronized boolean isLoadedByThisThread() {
    Candidate control = beside;
    return loader == Thread.currentThread() || (control != null && control.isLoadedByThisThread());
  }

  /** Ends what {@link #begin} began; no interrupt remains. */
  synchronized void end() {
    loader = null;
    var unused = Thread.interrupted();
  }

  /** Waits on this clock, or until this is given up. */
  void pause(Timer timer, long nanos) throws InterruptedException {
    CountDownLatch over = new CountDownLatch(1);
    Timer.Scheduled alarm = timer.schedule(over::countDown, nanos);
    try {
      over.await(); // giveUp interrupts
    } finally {
      alarm.cancel();
    }
  }
}

package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The lane that a deployment names as its own, and where calls go. Its monitor is the lock of all
 * commands of the deployment; the methods are called with it held. Nothing under it blocks, and no
 * code of the application runs under it.
 */
final class ServingTable<I, O> {
  private final Router<I, O> router;
  private final Timer timer;
  private Lane<I, O> serving;
  private long since;
  private long switches;
  private long commands;

  ServingTable(Router<I, O> router, Timer timer) {
    this.router = router;
    this.timer = timer;
    serving = router.table().stable();
    since = timer.nanoTime();
  }

  /** Returns the lane that serves all calls that no split sends elsewhere. */
  Lane<I, O> serving() {
    return serving;
  }

  /**
   * Has a lane serve all calls.
   *
   * @return the lane that served before: it may be closed from now on
   */
  Lane<I, O> serve(Lane<I, O> lane) {
    Lane<I, O> old = serving;
    router.publish(new RoutingTable<>(lane));
    serving = lane;
    since = timer.nanoTime();
    switches++;
    return old;
  }

  /** Divides the calls; null has the serving lane answer them all. */
  void split(@Nullable TrafficSplit<I, O> split) {
    router.publish(new RoutingTable<>(serving, split));
  }

  Duration servingFor() {
    return Duration.ofNanos(timer.nanoTime() - since);
  }

  /** Counts a command. Returns its number. */
  long nextCommand() {
    return ++commands;
  }

  /** Returns how many commands have come. */
  long commands() {
    return commands;
  }

  long switches() {
    return switches;
  }

  long retries() {
    return router.retries();
  }
}

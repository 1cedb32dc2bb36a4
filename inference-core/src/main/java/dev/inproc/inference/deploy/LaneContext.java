package dev.inproc.inference.deploy;

import dev.inproc.inference.BatchPredictor;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link LaneFactory} is told beside the version, and where it loads its session. To be used
 * by the thread that runs the factory.
 */
public final class LaneContext {
  private final String deployment;
  private final String lane;
  private final SharedSessions own = new SharedSessions();
  private final @Nullable SharedSessions lent;
  private int borrowed;

  /** Creates one of a lane with sessions of its own, such as for a test of a factory. */
  public LaneContext(String deployment, String lane) {
    this(deployment, lane, null);
  }

  /**
   * Creates one.
   *
   * @param lent the sessions that this lane borrows; null if it loads its own
   */
  LaneContext(String deployment, String lane, @Nullable SharedSessions lent) {
    this.deployment = Objects.requireNonNull(deployment, "deployment");
    this.lane = Objects.requireNonNull(lane, "lane");
    this.lent = lent;
  }

  /** Returns the deployment's name. */
  public String deployment() {
    return deployment;
  }

  /** Returns the lane's name, as figures and events have it, such as {@code "fraud@3"}. */
  public String lane() {
    return lane;
  }

  /**
   * Loads the lane's session. A rollout compares its canary with a second, equally young lane of
   * the version that serves. That control lane has a cache and a batcher of its own, and by this
   * method it borrows the session of the serving lane in place of a second copy of the model.
   *
   * <pre>{@code
   * (version, lane) -> lane.session(() -> engine.load(version.source())).with(Batching.upTo(64))
   * }</pre>
   *
   * <p>A session that was loaded by this method is closed if the factory throws.
   *
   * @param loader loads the session; it is not called for a lane that borrows
   * @throws Exception what the loader throws
   */
  public <I, O> BatchPredictor<I, O> session(Callable<? extends BatchPredictor<I, O>> loader)
      throws Exception {
    Objects.requireNonNull(loader, "loader");
    return lent == null ? own.load(loader) : lent.borrow(borrowed++);
  }

  SharedSessions own() {
    return own;
  }
}

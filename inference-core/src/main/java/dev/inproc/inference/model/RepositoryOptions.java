package dev.inproc.inference.model;

import dev.inproc.inference.engine.ServingRuntime;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * How a repository looks for versions. Immutable.
 *
 * <pre>{@code
 * RepositoryOptions.DEFAULT.withPollInterval(Duration.ofSeconds(30))
 * }</pre>
 */
public final class RepositoryOptions {
  /** Directories that other servers serve models from. */
  public enum ForeignLayout {
    /** TensorFlow Serving's: {@code model/1/saved_model.pb}. */
    TF_SERVING,
    /** Triton's: {@code model/config.pbtxt} and {@code model/1/model.onnx} or a SavedModel. */
    TRITON
  }

  /** When a version's files are compared with their digests. */
  public enum Verification {
    /** Once in a process, and again if the stamp of a file has changed. */
    ONCE,
    /** Each time that a version is about to be loaded. */
    EVERY_LOAD
  }

  /** Polls each 5 seconds; refuses links and directories without a manifest; verifies once. */
  public static final RepositoryOptions DEFAULT =
      new RepositoryOptions(
          Duration.ofSeconds(5), Verification.ONCE, false, Set.of(), ServingRuntime.shared());

  private final Duration pollInterval;
  private final Verification verification;
  private final boolean links;
  private final Set<ForeignLayout> foreignLayouts;
  private final ServingRuntime runtime;

  private RepositoryOptions(
      Duration pollInterval,
      Verification verification,
      boolean links,
      Set<ForeignLayout> foreignLayouts,
      ServingRuntime runtime) {
    this.pollInterval = pollInterval;
    this.verification = verification;
    this.links = links;
    this.foreignLayouts = foreignLayouts;
    this.runtime = runtime;
  }

  /**
   * Returns these options with another time between two looks at the directory. Zero: only {@link
   * ModelRepository#refresh} looks.
   */
  public RepositoryOptions withPollInterval(Duration interval) {
    if (interval.isNegative()) {
      throw new IllegalArgumentException("Expected an interval of 0 or more, got " + interval);
    }
    return new RepositoryOptions(interval, verification, links, foreignLayouts, runtime);
  }

  /** Returns these options with another rule for when files are compared with their digests. */
  public RepositoryOptions withVerification(Verification when) {
    Objects.requireNonNull(when, "when");
    return new RepositoryOptions(pollInterval, when, links, foreignLayouts, runtime);
  }

  /**
   * Returns these options with symbolic links allowed or not. Where they are allowed, a link in a
   * version's directory may lead to a file or directory below the root, and nowhere else.
   */
  public RepositoryOptions withLinks(boolean allowed) {
    return new RepositoryOptions(pollInterval, verification, allowed, foreignLayouts, runtime);
  }

  /**
   * Returns these options with layouts of other servers, which have no manifest. Such a version
   * counts after its files stayed unchanged for two looks and 10 seconds. It has no digests.
   */
  public RepositoryOptions withForeignLayouts(ForeignLayout... layouts) {
    Set<ForeignLayout> all = EnumSet.noneOf(ForeignLayout.class);
    all.addAll(Set.of(layouts));
    return new RepositoryOptions(pollInterval, verification, links, Set.copyOf(all), runtime);
  }

  /** Returns these options with another runtime, whose threads poll and call listeners. */
  public RepositoryOptions withRuntime(ServingRuntime other) {
    Objects.requireNonNull(other, "other");
    return new RepositoryOptions(pollInterval, verification, links, foreignLayouts, other);
  }

  Duration pollInterval() {
    return pollInterval;
  }

  Verification verification() {
    return verification;
  }

  boolean allowsLinks() {
    return links;
  }

  Set<ForeignLayout> foreignLayouts() {
    return foreignLayouts;
  }

  ServingRuntime runtime() {
    return runtime;
  }
}

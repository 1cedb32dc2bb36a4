package dev.inproc.inference.model;

import java.util.Objects;

/**
 * What a repository knows of one directory with a version's name.
 *
 * @param version the version's number
 * @param state whether it can be used
 * @param reason why not, in words; empty if it can
 */
public record VersionStatus(long version, State state, String reason) {
  /** Whether a version can be used. */
  public enum State {
    /** Its manifest and all files are there. */
    COMPLETE,
    /** Something is still missing. */
    INCOMPLETE,
    /** It could not be read; the repository tries again. */
    RETRYING,
    /** It cannot be used until it has a new manifest. */
    FAILED
  }

  /** Checks that nothing is null. */
  public VersionStatus {
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(reason, "reason");
  }

  @Override
  public String toString() {
    return version + " " + state + (reason.isEmpty() ? "" : ": " + reason);
  }
}

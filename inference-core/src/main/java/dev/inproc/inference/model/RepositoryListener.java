package dev.inproc.inference.model;

import java.nio.file.Path;

/**
 * Hears what changes in a repository. The library calls a listener on a thread of the runtime, one
 * event after the other. A listener may block, throw, or close the repository: it holds up neither
 * the poller nor another listener.
 */
public interface RepositoryListener {
  /** Hears that a version is complete: its files are there, and are not verified yet. */
  default void versionAdded(ModelVersion version) {}

  /** Hears that a version is no longer in the repository. What is loaded of it is not touched. */
  default void versionRemoved(ModelVersion version) {}

  /**
   * Hears that a version cannot be used.
   *
   * @param isPermanent whether only a new manifest helps; else the repository tries again
   */
  default void versionFailed(String model, long version, String reason, boolean isPermanent) {}

  /**
   * Hears that a label names another version than before.
   *
   * @param label the label's name
   * @param version the version that it names now
   */
  default void labelMoved(String label, ModelVersion version) {}

  /** Hears that the root is gone, cannot be read, or is empty. What is loaded serves on. */
  default void storageMissing(Path root, String reason) {}

  /** Hears that the root is there again. */
  default void storageFound(Path root) {}
}

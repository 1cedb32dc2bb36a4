package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.internal.files.ProcessLock;
import dev.inproc.inference.internal.json.JsonException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The files of a deployment's rollout in its repository: what it is, replaced as a whole, and its
 * votes, appended. Writers hold the lock.
 */
final class RolloutFiles {
  private static final String FILE = "rollout.json";
  private static final String VOTES = "votes-";
  private static final String NEWEST = ".newest"; // no label's name

  private final FileOperations operations;
  private final Path model;
  private final Path directory;
  private byte @Nullable [] damaged; // the last that was told

  RolloutFiles(FileOperations operations, Path root, String model, @Nullable String label) {
    this.operations = operations;
    this.model = root.resolve(model);
    directory =
        root.resolve(FileOperations.STATE)
            .resolve("rollouts")
            .resolve(model)
            .resolve(label == null ? NEWEST : label);
  }

  /** Waits for the lock. Nothing is written where a volume is no longer mounted. */
  ProcessLock lock() throws IOException {
    if (operations.stat(model) == null) {
      throw new IOException(model + " is not there: is the volume mounted?");
    }
    if (operations.stat(directory) == null) {
      operations.createDirectories(directory);
    }
    return ProcessLock.hold(directory.resolve("lock"));
  }

  /** Returns what tells whether the file was replaced since; null if there is none. */
  FileOperations.@Nullable Stat stat() throws IOException {
    return operations.stat(directory.resolve(FILE));
  }

  /** Returns the rollout, or null if there is none or its file is damaged. */
  synchronized @Nullable KeptRollout read() throws IOException {
    if (stat() == null) {
      return null;
    }
    byte[] bytes = null;
    try {
      bytes = operations.read(directory.resolve(FILE), KeptRolloutJson.MOST_BYTES);
      return KeptRolloutJson.read(bytes);
    } catch (JsonException | FileOperations.TooLargeException e) {
      byte[] told = bytes == null ? new byte[0] : bytes;
      if (!Arrays.equals(damaged, told)) {
        damaged = told;
        LaneLoader.LOG.log(
            Level.WARNING, "Ignored: {0} is damaged: {1}", directory.resolve(FILE), e.getMessage());
      }
      return null;
    }
  }

  void write(KeptRollout kept) throws IOException {
    operations.replace(directory.resolve(FILE), KeptRolloutJson.write(kept));
  }

  private Path votes(long salt, int step) {
    return directory.resolve(VOTES + Long.toHexString(salt) + "-" + (step + 1));
  }

  /** Returns the bytes of a step's votes; none if there is no file. */
  byte[] readVotes(long salt, int step) throws IOException {
    Path file = votes(salt, step);
    return operations.stat(file) == null
        ? new byte[0]
        : operations.read(file, VoteJournal.MOST_BYTES);
  }

  /** Appends a step's votes behind so many bytes. */
  void appendVotes(long salt, int step, long size, byte[] records) throws IOException {
    operations.append(votes(salt, step), size, records);
  }

  /** Deletes the votes of earlier rollouts. */
  void deleteOldVotes(long salt) throws IOException {
    String kept = VOTES + Long.toHexString(salt) + "-";
    for (String name : operations.list(directory)) {
      if (name.startsWith(VOTES) && !name.startsWith(kept)) {
        operations.delete(directory.resolve(name));
      }
    }
  }
}

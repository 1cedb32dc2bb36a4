package dev.inproc.inference.model;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.internal.files.ProcessLock;
import dev.inproc.inference.internal.json.JsonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Puts versions into a repository: copies them beside it, with the manifest last, and gives the
 * whole directory its name when all of it is on the disk.
 */
final class Publisher {
  private static final Duration LEFT_OVER = Duration.ofDays(1); // where no lock tells
  private static final Duration DEAD = Duration.ofMinutes(10);

  private final FileOperations operations;
  private final Path root;
  private final Path staging;

  Publisher(FileOperations operations, Path root) {
    this.operations = operations;
    this.root = root;
    staging = root.resolve(FileOperations.STATE).resolve("staging");
  }

  /** Returns the model's lock, which whoever changes its directory holds. */
  ProcessLock lock(String model) throws IOException {
    Path locks = root.resolve(FileOperations.STATE).resolve("locks");
    operations.createDirectories(locks);
    return ProcessLock.hold(locks.resolve(model + ".lock"));
  }

  /**
   * Publishes a version.
   *
   * @param number the version's number, or 0 for the next one
   * @param sources files and directories by the names that they get
   * @return the version's number
   */
  @SuppressWarnings("try") // the lock is held, and not used
  long publish(String model, long number, Manifest draft, Map<String, Path> sources)
      throws IOException {
    Map<String, Path> files = files(sources);
    Manifest named = withMain(draft, sources);
    named.toBuilder().files(unread(files)).build(); // refuses names before anything is copied
    operations.createDirectories(staging);
    cleanUp();
    String id = model + "-" + UUID.randomUUID();
    Path lockFile = staging.resolve(id + ".lock");
    Path directory = staging.resolve(id);
    try (ProcessLock lock = ProcessLock.hold(lockFile)) {
      try {
        stage(named, files, directory);
        return install(model, number, directory);
      } finally {
        operations.deleteTree(directory); // nothing is there if all went well
      }
    } finally {
      operations.delete(lockFile);
    }
  }

  /** Returns regular files by their names in the version, those of directories too. */
  private Map<String, Path> files(Map<String, Path> sources) throws IOException {
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("Expected files to publish, got none");
    }
    Map<String, Path> files = new LinkedHashMap<>();
    for (Map.Entry<String, Path> each : sources.entrySet()) {
      Path source = each.getValue();
      if (Files.isDirectory(source)) {
        for (Path file : operations.files(source, true)) {
          files.put(each.getKey() + "/" + VersionFiles.slashed(source, file), file);
        }
      } else if (Files.isRegularFile(source)) {
        files.put(each.getKey(), source);
      } else {
        throw new IllegalArgumentException(
            "Expected a file or a directory to publish, got " + source + ", which is neither");
      }
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException(
          "Expected files to publish, got empty directories: " + sources.values());
    }
    return files;
  }

  private static Manifest withMain(Manifest draft, Map<String, Path> sources) {
    if (!draft.main().isEmpty()) {
      return draft;
    }
    if (sources.size() > 1) {
      throw new IllegalArgumentException(
          "Expected Manifest.Builder.main to name the file to load, one of " + sources.keySet());
    }
    return draft.toBuilder().main(sources.keySet().iterator().next()).build();
  }

  private static List<Manifest.File> unread(Map<String, Path> files) {
    return files.keySet().stream().map(path -> new Manifest.File(path, 0, null)).toList();
  }

  private void stage(Manifest draft, Map<String, Path> files, Path directory) throws IOException {
    operations.createDirectories(directory);
    List<Manifest.File> copied = new ArrayList<>();
    Set<Path> directories = new LinkedHashSet<>();
    for (Map.Entry<String, Path> each : files.entrySet()) {
      Path file = directory.resolve(each.getKey());
      Path parent = Objects.requireNonNull(file.getParent());
      for (Path up = parent; up != null && !up.equals(directory); up = up.getParent()) {
        directories.add(up);
      }
      operations.createDirectories(parent);
      FileOperations.Copied copy = operations.copy(each.getValue(), file);
      copied.add(new Manifest.File(each.getKey(), copy.size(), copy.sha256()));
    }
    requireAsStated(draft.files(), copied);
    Manifest.Builder manifest = draft.toBuilder().files(copied);
    Path main = directory.resolve(draft.main());
    if (draft.modelSha256().isEmpty() && Files.isDirectory(main)) {
      manifest.modelSha256(ModelSource.file(main).digest());
    }
    for (Path each : directories) {
      operations.force(each);
    }
    byte[] json = ManifestJson.write(manifest.build());
    requireReadable(json);
    operations.create(directory.resolve(ManifestPaths.MANIFEST), json);
    operations.force(directory);
  }

  /** Readers have limits, and an entry may have the name of something else. */
  private static void requireReadable(byte[] json) {
    try {
      var unused = ManifestJson.read(json);
    } catch (JsonException e) {
      throw new IllegalArgumentException(
          "Expected a manifest that can be read back: " + e.getMessage(), e);
    }
  }

  /** A draft that lists files says what the publisher believes to publish. */
  private static void requireAsStated(List<Manifest.File> stated, List<Manifest.File> copied) {
    if (!stated.isEmpty() && !Set.copyOf(stated).equals(Set.copyOf(copied))) {
      throw new IllegalArgumentException(
          "Expected the files that the manifest lists, " + stated + ", got " + copied);
    }
  }

  @SuppressWarnings("try") // the lock is held, and not used
  private long install(String model, long number, Path staged) throws IOException {
    try (ProcessLock lock = lock(model)) {
      Path directory = root.resolve(model);
      boolean isNew = operations.stat(directory) == null;
      operations.createDirectories(directory);
      if (isNew) {
        operations.force(root);
      }
      long free = number > 0 ? number : newest(directory) + 1;
      Path target = directory.resolve(Long.toString(free));
      if (operations.stat(target) != null) {
        throw new IllegalArgumentException(
            "Expected a new version of "
                + model
                + ", got "
                + free
                + ", which is there: a version never changes");
      }
      operations.move(staged, target);
      operations.force(directory);
      return free;
    }
  }

  private long newest(Path directory) throws IOException {
    long newest = 0;
    for (String name : operations.list(directory)) {
      newest = Math.max(newest, Names.version(name));
    }
    if (newest == Long.MAX_VALUE) {
      throw new IllegalArgumentException("Expected a version below " + newest + " in " + directory);
    }
    return newest;
  }

  /** Deletes what publishers have left that were killed. */
  private void cleanUp() throws IOException {
    for (String name : operations.list(staging)) {
      Path path = staging.resolve(name);
      try {
        if (name.endsWith(".lock")) {
          cleanUp(path, staging.resolve(name.substring(0, name.length() - 5)));
        } else if (isOlder(path, LEFT_OVER) && operations.stat(lockFile(path)) == null) {
          operations.deleteTree(path);
        }
      } catch (IOException e) {
        // It is another publisher's, or it stays for the next one.
      }
    }
  }

  private static Path lockFile(Path directory) {
    return directory.resolveSibling(directory.getFileName() + ".lock");
  }

  private void cleanUp(Path lockFile, Path directory) throws IOException {
    if (!isOlder(lockFile, DEAD)) {
      return; // it may be about to be locked
    }
    try (ProcessLock lock = ProcessLock.tryHold(lockFile)) {
      if (lock != null) {
        operations.deleteTree(directory);
        operations.delete(lockFile);
      }
    }
  }

  private boolean isOlder(Path path, Duration age) throws IOException {
    FileOperations.@Nullable Stat stat = operations.stat(path);
    return stat != null && stat.modified().toInstant().isBefore(Instant.now().minus(age));
  }
}

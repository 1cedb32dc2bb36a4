package dev.inproc.inference.model;

import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.internal.files.ProcessLock;
import dev.inproc.inference.internal.json.JsonException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Models in a directory, each in several versions. A version is there when its {@code
 * manifest.json} and each file that this lists are; half a copy is invisible. A version never
 * changes; labels such as {@code stable} say which one serves, and move. Thread-safe.
 *
 * <pre>{@code
 * try (ModelRepository repository = ModelRepository.open(root)) {
 *   ModelVersion version = repository.label("fraud", "stable").orElseThrow();
 *   version.verify();
 *   Session session = engine.load(version.source());
 * }
 * }</pre>
 *
 * <p>Any number of processes may have one directory open, on a network file system too: each looks
 * at it from time to time. Methods that return what is known touch no file.
 *
 * <p>If the directory vanishes or is emptied, what is known stays: {@link #isMissing} says so.
 */
public final class ModelRepository implements AutoCloseable {
  private final Path root;
  private final RepositoryPoller poller;
  private final Publisher publisher;

  private ModelRepository(Path root, RepositoryPoller poller, Publisher publisher) {
    this.root = root;
    this.poller = poller;
    this.publisher = publisher;
  }

  /** Opens a repository with the default options. */
  public static ModelRepository open(Path root) {
    return open(root, RepositoryOptions.DEFAULT);
  }

  /**
   * Opens a repository. Looks at the directory once, and polls from then on. A directory that is
   * not there is waited for, or made by {@link #publish}.
   */
  public static ModelRepository open(Path root, RepositoryOptions options) {
    return open(root, options, ServingThreads.of(options.runtime()::find), new FileOperations());
  }

  /** For tests. */
  static ModelRepository open(
      Path root, RepositoryOptions options, ServingThreads threads, FileOperations operations) {
    Path absolute = root.toAbsolutePath().normalize();
    RepositoryPoller poller = new RepositoryPoller(absolute, options, threads, operations);
    poller.start();
    return new ModelRepository(absolute, poller, new Publisher(operations, absolute));
  }

  // ---- what is known ----

  /** Returns the names of the models that have a directory, in order. */
  public List<String> models() {
    return List.copyOf(new TreeSet<>(poller.models().keySet()));
  }

  /** Returns the complete versions of a model, the newest last; none if there is no such model. */
  public List<ModelVersion> versions(String model) {
    ModelEntry entry = poller.model(model);
    return entry == null ? List.of() : List.copyOf(entry.versions().values());
  }

  /** Returns a complete version. */
  public Optional<ModelVersion> version(String model, long version) {
    ModelEntry entry = poller.model(model);
    return entry == null ? Optional.empty() : Optional.ofNullable(entry.versions().get(version));
  }

  /** Returns the numbers of the versions that a model's labels name, by the labels' names. */
  public Map<String, Long> labels(String model) {
    ModelEntry entry = poller.model(model);
    return entry == null ? Map.of() : entry.labels();
  }

  /** Returns the version that a label names, if that is complete. */
  public Optional<ModelVersion> label(String model, String label) {
    ModelEntry entry = poller.model(model);
    return entry == null ? Optional.empty() : entry.label(label);
  }

  /** Returns what is known of each directory with a version's name, by number. */
  public List<VersionStatus> status(String model) {
    ModelEntry entry = poller.model(model);
    return entry == null ? List.of() : entry.status();
  }

  /** Returns in words what is ignored in a model's directory, and why. */
  public List<String> notes(String model) {
    ModelEntry entry = poller.model(model);
    return entry == null ? List.of() : entry.notes();
  }

  /**
   * Returns whether the directory is gone, cannot be read, or is empty although models are known.
   * What is known of them stays, and what is loaded serves on.
   */
  public boolean isMissing() {
    return poller.isMissing();
  }

  /** Returns the directory. */
  public Path root() {
    return root;
  }

  /**
   * Returns a directory for what is computed from a version, such as optimized graphs and findings:
   * beside the models, and of its own for each manifest. It need not be there yet.
   */
  public Path stateDirectory(ModelVersion version) {
    return root.resolve(FileOperations.STATE).resolve("state").resolve(version.manifestSha256());
  }

  // ---- listeners ----

  /** Adds a listener, which hears of what changes from now on. */
  public void addListener(RepositoryListener listener) {
    Objects.requireNonNull(listener, "listener");
    if (!poller.isClosed()) {
      poller.listeners().add(listener);
    }
  }

  /** Takes a listener out. It may still hear the change that it is being told. */
  public void removeListener(RepositoryListener listener) {
    poller.listeners().remove(Objects.requireNonNull(listener, "listener"));
  }

  // ---- changes ----

  /**
   * Publishes the next version of a model, and makes the model if it is new. The version is there
   * at once or, if this fails or its process is killed, not at all.
   *
   * @param manifest what is to be known of the version; its files are filled in, and its main file
   *     if there is one alone. For a model that is a directory, its digest too
   * @param files files and directories to copy, by the names that they get
   * @throws IllegalArgumentException if a name is none, or a source is not there
   * @throws UncheckedIOException if something cannot be read or written
   */
  public ModelVersion publish(String model, Manifest manifest, Map<String, Path> files) {
    return publishAs(model, 0, manifest, files);
  }

  /**
   * Publishes a version with this number, as {@link #publish(String, Manifest, Map)} does.
   *
   * @throws IllegalArgumentException if there is one with this number, complete or not
   */
  public ModelVersion publish(
      String model, long version, Manifest manifest, Map<String, Path> files) {
    if (version < 1) {
      throw new IllegalArgumentException("Expected a version of 1 or more, got " + version);
    }
    return publishAs(model, version, manifest, files);
  }

  private ModelVersion publishAs(
      String model, long version, Manifest manifest, Map<String, Path> files) {
    requireOpen();
    Names.require("model", model);
    try {
      poller.requireStorage();
      long number = publisher.publish(model, version, manifest, files);
      poller.lookAt(model);
      return version(model, number)
          .orElseThrow(
              () -> new IOException(model + "@" + number + " is gone again: " + status(model)));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot publish " + model + " in " + root + ": " + e, e);
    }
  }

  /**
   * Sets a label to a version, and writes a line of the history. Atomic: other processes see the
   * labels of before or after.
   *
   * @param actor who does so, for the history
   * @param reason why, for the history
   * @throws IllegalArgumentException if there is no complete version of this number
   * @throws UncheckedIOException if something cannot be read or written
   */
  public void setLabel(String model, String label, long version, String actor, String reason) {
    change(model, label, version, actor, reason);
  }

  /** Removes a label, and writes a line of the history. */
  public void removeLabel(String model, String label, String actor, String reason) {
    change(model, label, null, actor, reason);
  }

  @SuppressWarnings("try") // the lock is held, and not used
  private void change(String model, String label, @Nullable Long to, String actor, String reason) {
    requireOpen();
    Names.require("model", model);
    Names.require("label", label);
    Objects.requireNonNull(actor, "actor");
    Objects.requireNonNull(reason, "reason");
    poller.lookAt(model);
    ModelEntry entry = poller.model(model);
    if (entry == null || (to != null && !entry.versions().containsKey(to))) {
      throw new IllegalArgumentException(
          "Expected a complete version of "
              + model
              + " for label "
              + label
              + ", got "
              + to
              + "; there are "
              + (entry == null ? "none" : entry.status()));
    }
    try {
      poller.requireStorage();
      try (ProcessLock held = publisher.lock(model)) {
        entry.labelFiles().change(label, to, actor, reason);
      }
    } catch (IOException | JsonException e) {
      String what = "Cannot set label " + label + " of " + model + ": " + e.getMessage();
      throw new UncheckedIOException(what, e instanceof IOException io ? io : new IOException(e));
    }
    poller.lookAt(model);
  }

  /**
   * Returns a model's changes of labels, the oldest first. Reads the file; of one beyond 64 MiB,
   * the end.
   *
   * @throws UncheckedIOException if that fails
   */
  public List<LabelChange> history(String model) {
    ModelEntry entry = poller.model(model);
    try {
      return entry == null ? List.of() : entry.labelFiles().history();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Looks at the whole directory now, and returns when what was found is known here. */
  public void refresh() {
    requireOpen();
    poller.look();
  }

  private void requireOpen() {
    if (poller.isClosed()) {
      throw new IllegalStateException("The repository of " + root + " is closed");
    }
  }

  /**
   * Ends the polling, and tells listeners no more. Waits for a look that is under way, up to ten
   * seconds. What is known stays known, and what is loaded is not touched. Idempotent.
   */
  @Override
  public void close() {
    poller.close();
  }

  @Override
  public String toString() {
    return "ModelRepository[" + root + (isMissing() ? ", missing" : "") + "]";
  }
}

package dev.inproc.inference.model;

import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.internal.json.JsonException;
import dev.inproc.inference.model.VersionStatus.State;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One model's directory. A look finds what is there; {@link #apply} makes it what callers see, and
 * tells listeners. Both under the repository's lock; what callers read is volatile.
 */
final class ModelEntry {
  private static final Set<String> KNOWN =
      Set.of(LabelFiles.LABELS, LabelFiles.HISTORY, "config.pbtxt");

  private final VersionEntry.Context context;
  private final String model;
  private final Path directory;
  private final LabelFiles labelFiles;
  private final Backoff backoff;
  private final NavigableMap<Long, VersionEntry> entries = new TreeMap<>();
  private final Map<Long, String> toldFailures = new HashMap<>();
  private final Map<String, Long> toldLabels = new HashMap<>();
  private FileOperations.@Nullable Stat labelsStat;
  private boolean wereLabelsReread;
  private Map<String, Long> foundLabels = Map.of();
  private List<String> foundNotes = List.of();

  private volatile NavigableMap<Long, ModelVersion> versions = Collections.emptyNavigableMap();
  private volatile Map<String, Long> labels = Map.of();
  private volatile List<VersionStatus> status = List.of();
  private volatile List<String> notes = List.of();

  ModelEntry(VersionEntry.Context context, String model, Path directory) {
    this.context = context;
    this.model = model;
    this.directory = directory;
    labelFiles = new LabelFiles(context.operations(), directory);
    backoff = new Backoff(context.random());
  }

  // ---- for callers ----

  NavigableMap<Long, ModelVersion> versions() {
    return versions;
  }

  Map<String, Long> labels() {
    return labels;
  }

  Optional<ModelVersion> label(String label) {
    Long number = labels.get(label);
    return number == null ? Optional.empty() : Optional.ofNullable(versions.get(number));
  }

  List<VersionStatus> status() {
    return status;
  }

  List<String> notes() {
    return notes;
  }

  LabelFiles labelFiles() {
    return labelFiles;
  }

  // ---- under the lock ----

  /**
   * Looks at the directory.
   *
   * @param poll which poll this is, or -1 to look at everything
   * @return whether the directory is there, as far as is known
   */
  boolean look(long nowNanos, long poll) {
    if (poll >= 0 && backoff.isWaiting(nowNanos)) {
      return true;
    }
    try {
      look(context.operations().list(directory), nowNanos, poll);
      backoff.succeeded();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return false;
    } catch (IOException e) {
      backoff.failed(nowNanos);
      foundNotes = List.of(e.toString());
    }
    return true;
  }

  private void look(List<String> names, long nowNanos, long poll) throws IOException {
    List<String> found = new ArrayList<>();
    Set<Long> present = new HashSet<>();
    for (String name : names) {
      long number = Names.version(name);
      if (number > 0) {
        present.add(number);
        VersionEntry entry =
            entries.computeIfAbsent(
                number, n -> new VersionEntry(context, model, n, directory.resolve(name)));
        if (poll < 0 || entry.isDue(poll)) {
          entry.look(nowNanos, poll < 0);
        }
      } else if (!name.startsWith(".") && !KNOWN.contains(name)) {
        found.add(name + " is ignored: it is no version's number");
      }
    }
    entries.keySet().retainAll(present);
    readLabels(names.contains(LabelFiles.LABELS), found);
    foundNotes = List.copyOf(found);
  }

  private void readLabels(boolean isThere, List<String> found) throws IOException {
    FileOperations.Stat now = isThere ? context.operations().stat(labelFiles.labelsFile()) : null;
    if (now != null && now.isDirectory()) {
      found.add(LabelFiles.LABELS + " is ignored: expected a file, got a directory");
      return;
    }
    if (now == null) {
      labelsStat = null;
      foundLabels = Map.of();
      return;
    }
    boolean isSame = now.equals(labelsStat);
    if (isSame && wereLabelsReread) {
      return;
    }
    try {
      foundLabels = labelFiles.read();
      labelsStat = now;
      // A clock may be coarse, so that another change has the same stamp; a link's tells nothing.
      wereLabelsReread = isSame && now.isFile();
    } catch (JsonException | FileOperations.TooLargeException e) {
      // A copy that is under way, or no file of labels: those of before stay.
      found.add(LabelFiles.LABELS + " is ignored: " + e.getMessage());
    }
  }

  /** Shows callers what was found, and tells listeners what has changed. */
  void apply(Listeners listeners) {
    NavigableMap<Long, ModelVersion> next = new TreeMap<>();
    List<VersionStatus> all = new ArrayList<>();
    for (Map.Entry<Long, VersionEntry> each : entries.entrySet()) {
      all.add(each.getValue().status());
      ModelVersion complete = each.getValue().complete();
      if (complete != null) {
        next.put(each.getKey(), complete);
      }
    }
    NavigableMap<Long, ModelVersion> before = versions;
    status = List.copyOf(all);
    notes = foundNotes;
    versions = Collections.unmodifiableNavigableMap(next);
    labels = foundLabels;
    before.forEach(
        (number, version) -> {
          if (!Objects.equals(version, next.get(number))) {
            listeners.tell(listener -> listener.versionRemoved(version));
          }
        });
    next.forEach(
        (number, version) -> {
          if (!Objects.equals(version, before.get(number))) {
            listeners.tell(listener -> listener.versionAdded(version));
          }
        });
    tellFailures(all, listeners);
    tellLabels(listeners);
  }

  private void tellFailures(List<VersionStatus> all, Listeners listeners) {
    toldFailures.keySet().retainAll(entries.keySet());
    for (VersionStatus each : all) {
      boolean isFailure = each.state() == State.FAILED || each.state() == State.RETRYING;
      String told =
          isFailure
              ? toldFailures.put(each.version(), each.toString())
              : toldFailures.remove(each.version());
      if (isFailure && !each.toString().equals(told)) {
        boolean isPermanent = each.state() == State.FAILED;
        listeners.tell(
            listener -> listener.versionFailed(model, each.version(), each.reason(), isPermanent));
      }
    }
  }

  /** A label to a version that is not complete is told once it is. */
  private void tellLabels(Listeners listeners) {
    toldLabels.keySet().retainAll(labels.keySet());
    labels.forEach(
        (label, number) -> {
          ModelVersion version = versions.get(number);
          if (version != null && !Objects.equals(toldLabels.put(label, number), number)) {
            listeners.tell(listener -> listener.labelMoved(label, version));
          }
        });
  }

  /** Tells that all versions are gone. */
  void removed(Listeners listeners) {
    entries.clear();
    foundLabels = Map.of();
    foundNotes = List.of();
    apply(listeners);
  }
}

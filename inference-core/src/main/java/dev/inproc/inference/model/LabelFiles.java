package dev.inproc.inference.model;

import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.internal.json.Json;
import dev.inproc.inference.internal.json.JsonException;
import dev.inproc.inference.internal.json.JsonLimits;
import dev.inproc.inference.internal.json.JsonReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The two files of a model's labels: what they are, replaced as a whole, and how they came to be,
 * appended. Writers hold the model's lock. The labels are written first: a process that ends in
 * between leaves a change without a line, and the next writer adds that line.
 */
final class LabelFiles {
  static final String LABELS = "labels.json";
  static final String HISTORY = "history.jsonl";

  private static final int MOST_TEXT = 4_000; // characters, each up to six in JSON
  private static final int MOST_HISTORY_BYTES = 64 << 20;
  private static final int WRITERS_HISTORY_BYTES = 1 << 20; // some thousand changes
  private static final JsonLimits LABEL_LIMITS = new JsonLimits(1 << 20, 2, 10_000, 256, 20);
  private static final JsonLimits LINE_LIMITS = new JsonLimits(1 << 16, 2, 100, 1 << 15, 20);

  private final FileOperations operations;
  private final Path directory;

  LabelFiles(FileOperations operations, Path directory) {
    this.operations = operations;
    this.directory = directory;
  }

  Path labelsFile() {
    return directory.resolve(LABELS);
  }

  /**
   * Returns the labels' versions by their names; none if there is no file.
   *
   * @throws JsonException if the file is damaged
   */
  Map<String, Long> read() throws IOException, JsonException {
    if (operations.stat(labelsFile()) == null) {
      return Map.of();
    }
    byte[] bytes = operations.read(labelsFile(), LABEL_LIMITS.bytes());
    Map<String, Long> labels = new TreeMap<>();
    for (Map.Entry<String, @Nullable Object> each :
        JsonReader.readObject(bytes, LABEL_LIMITS).entrySet()) {
      if (!Names.isName(each.getKey())) {
        throw new JsonException(Json.quote(each.getKey()) + " is no label's name");
      }
      labels.put(each.getKey(), Json.whole(each.getValue(), each.getKey(), 1, Long.MAX_VALUE));
    }
    return Collections.unmodifiableMap(labels);
  }

  /** Moves a label, or removes it; and writes the history. Returns the labels. */
  Map<String, Long> change(String label, @Nullable Long to, String actor, String reason)
      throws IOException, JsonException {
    Map<String, Long> labels = new TreeMap<>(read());
    List<LabelChange> changes = unrecorded(labels);
    Long from = to == null ? labels.remove(label) : labels.put(label, to);
    boolean isChange = !Objects.equals(from, to);
    if (isChange) {
      changes.add(new LabelChange(Instant.now(), actor, reason, label, from, to));
    }
    byte[] lines = lines(changes); // refuses what is no text, before anything is written
    if (isChange) {
      operations.replace(labelsFile(), Json.write(labels));
    }
    if (lines.length > 0) {
      append(lines);
    }
    return Collections.unmodifiableMap(labels);
  }

  /**
   * What differs from the history: its process ended too early, or a person edited the file. Reads
   * the end of a long history alone, so that a change does not cost more after many changes; of a
   * label that is not named there nothing is said.
   */
  private List<LabelChange> unrecorded(Map<String, Long> labels) throws IOException {
    Map<String, @Nullable Long> recorded = new LinkedHashMap<>();
    for (LabelChange change : history(WRITERS_HISTORY_BYTES)) {
      recorded.put(change.label(), change.to());
    }
    FileOperations.Stat stat = operations.stat(directory.resolve(HISTORY));
    if (stat == null || stat.size() <= WRITERS_HISTORY_BYTES) {
      labels.keySet().forEach(label -> recorded.putIfAbsent(label, null));
    }
    List<LabelChange> lines = new ArrayList<>();
    for (Map.Entry<String, @Nullable Long> each : recorded.entrySet()) {
      Long actual = labels.get(each.getKey());
      if (!Objects.equals(actual, each.getValue())) {
        String why = "found changed; whoever changed it wrote no line";
        lines.add(
            new LabelChange(Instant.now(), "unknown", why, each.getKey(), each.getValue(), actual));
      }
    }
    return lines;
  }

  private static byte[] lines(List<LabelChange> changes) {
    StringBuilder out = new StringBuilder();
    for (LabelChange change : changes) {
      Map<String, @Nullable Object> line = new LinkedHashMap<>();
      line.put("time", change.time().toString());
      line.put("actor", cut(change.actor()));
      line.put("reason", cut(change.reason()));
      line.put("label", change.label());
      line.put("from", change.from());
      line.put("to", change.to());
      out.append(Json.writeLine(line)).append('\n');
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Cuts a long text, and no character in half. */
  private static String cut(String text) {
    return text.codePointCount(0, text.length()) <= MOST_TEXT
        ? text
        : text.substring(0, text.offsetByCodePoints(0, MOST_TEXT - 3)) + "...";
  }

  private void append(byte[] lines) throws IOException {
    Path file = directory.resolve(HISTORY);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (isTorn(file)) {
      out.write('\n');
    }
    out.writeBytes(lines);
    operations.append(file, out.toByteArray());
  }

  private boolean isTorn(Path file) throws IOException {
    if (operations.stat(file) == null) {
      return false;
    }
    byte[] last = operations.readEnd(file, 1);
    return last.length > 0 && last[0] != '\n';
  }

  /**
   * Returns the changes, the oldest first. A line that is none, such as a torn one, is skipped. Of
   * a file beyond 64 MiB, the end is read.
   */
  List<LabelChange> history() throws IOException {
    return history(MOST_HISTORY_BYTES);
  }

  private List<LabelChange> history(int mostBytes) throws IOException {
    Path file = directory.resolve(HISTORY);
    if (operations.stat(file) == null) {
      return List.of();
    }
    String all = new String(operations.readEnd(file, mostBytes), StandardCharsets.ISO_8859_1);
    List<LabelChange> changes = new ArrayList<>();
    for (String line : all.split("\n", -1)) {
      try {
        changes.add(line(line.getBytes(StandardCharsets.ISO_8859_1)));
      } catch (JsonException | DateTimeException e) {
        // Torn, or no line of ours.
      }
    }
    return changes;
  }

  private static LabelChange line(byte[] utf8) throws JsonException {
    Map<String, @Nullable Object> line = JsonReader.readObject(utf8, LINE_LIMITS);
    return new LabelChange(
        Instant.parse(Json.string(line.get("time"), "time")),
        Json.string(line.get("actor"), "actor"),
        Json.string(line.get("reason"), "reason"),
        Json.string(line.get("label"), "label"),
        version(line, "from"),
        version(line, "to"));
  }

  private static @Nullable Long version(Map<String, @Nullable Object> line, String name)
      throws JsonException {
    Object value = line.get(name);
    return value == null ? null : (Long) Json.whole(value, name, 1, Long.MAX_VALUE);
  }
}

package dev.inproc.inference.engine;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Integrity.Finding;
import dev.inproc.inference.internal.files.DirectoryGuard;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a directory of findings: the result of a model's probe. Its name is the model's
 * digest and a digest of everything else that the findings hold for: the setting, and the options
 * that shape the comparisons. The tolerance is no part of it, since it only judges the findings. An
 * entry appears by an atomic move, so that processes which share the directory see a whole entry or
 * none. A damaged entry, an entry of another model, and a directory that other users may write to
 * are not used. After any failure here the model is probed anew.
 */
final class IntegrityFile {
  private static final System.Logger LOG = SessionLog.LOG;
  private static final long MOST_BYTES = 1 << 20;
  private static final String VERSION = "3"; // of the probe: raised when its comparisons change

  private final Path directory;
  private final Path file;
  private final String key;

  private IntegrityFile(Path directory, String digest, String key) {
    this.directory = directory;
    this.key = key;
    file = directory.resolve(digest + "-" + key.substring(0, 16) + ".integrity");
  }

  /**
   * Returns the entry of a model, or null if findings are not kept. Computes the digest if it is
   * unknown.
   */
  static @Nullable IntegrityFile of(ModelSource source, ReplicaSet replicas) {
    IntegrityOptions options = replicas.options.integrity();
    Path directory = options.findings();
    if (directory == null || !options.isEnabled()) {
      return null;
    }
    try {
      String known = source.sha256(); // verified by the engine
      String digest = known == null ? source.digest() : known;
      return new IntegrityFile(directory, digest, key(digest, replicas));
    } catch (ModelLoadException e) {
      LOG.log(Level.WARNING, "{0}: findings are not kept: {1}", replicas.name, e.getMessage());
      return null;
    }
  }

  private static String key(String digest, ReplicaSet replicas) {
    SessionOptions options = replicas.options;
    StringBuilder all = new StringBuilder(VERSION);
    all.append('\n').append(digest);
    all.append('\n').append(replicas.setting());
    all.append('\n').append(options.maxBatchSize()).append(' ').append(options.maxRunBytes());
    all.append('\n').append(options.batchAxis()).append(' ');
    all.append(new TreeMap<>(options.padValues()));
    all.append(options.inputShapes().isEmpty() ? "" : options.inputShapes());
    all.append('\n').append(options.integrity().timeLimit());
    for (Tensors example : options.integrity().inputs()) {
      for (int i = 0; i < example.size(); i++) {
        all.append('\n').append(example.names().get(i)).append(' ').append(digest(example.at(i)));
      }
    }
    return digest(utf8(all.toString()));
  }

  private static String digest(Tensor tensor) {
    if (tensor.type() != DataType.STRING) {
      return tensor + " " + digest(tensor.toBytes());
    }
    StringBuilder all = new StringBuilder(tensor.toString());
    for (int i = 0; i < tensor.elements(); i++) {
      all.append(' ').append(digest(tensor.getBytes(i)));
    }
    return all.toString();
  }

  private static String digest(byte[] bytes) {
    return ModelSource.bytes("key", bytes).digest();
  }

  /**
   * The result of an earlier load.
   *
   * @param findings empty if examples are run one by one anyway
   * @param axis what a trial of the first dimension decided, AUTO if there was none
   */
  record Kept(List<Finding> findings, Nature nature, BatchAxis axis) {}

  /** Returns an earlier result, or null. */
  @Nullable Kept read() {
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        return null;
      }
      DirectoryGuard.requireGuarded(directory);
      if (Files.size(file) > MOST_BYTES) {
        throw new IOException("it is too large");
      }
      return parse(Files.readString(file));
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "{0} is not used: {1}", file, e.toString());
      return null;
    }
  }

  private Kept parse(String text) throws IOException {
    String[] halves = text.split("\n", 2);
    if (halves.length < 2 || !halves[0].equals(digest(utf8(halves[1])))) {
      throw new IOException("it is damaged");
    }
    List<String> lines = halves[1].lines().toList();
    if (!lines.get(0).equals(key)) {
      throw new IOException("it is of another model or setting");
    }
    String[] facts = lines.get(1).split(" ", 2);
    List<Finding> findings =
        lines.subList(2, lines.size()).stream().map(IntegrityFile::finding).toList();
    return new Kept(findings, Nature.valueOf(facts[0]), BatchAxis.valueOf(facts[1]));
  }

  private static Finding finding(String line) {
    String[] fields = line.split(" ", 4);
    return new Finding(
        ProbeCompanions.valueOf(fields[0]),
        Integer.parseInt(fields[1]),
        URLDecoder.decode(fields[3], StandardCharsets.UTF_8),
        Double.parseDouble(fields[2]));
  }

  private String format(Kept kept) {
    StringBuilder all = new StringBuilder();
    all.append(key).append('\n');
    all.append(kept.nature()).append(' ').append(kept.axis()).append('\n');
    for (Finding f : kept.findings()) {
      all.append(f.companions())
          .append(' ')
          .append(f.batchSize())
          .append(' ')
          .append(f.deviation());
      all.append(' ').append(URLEncoder.encode(f.output(), StandardCharsets.UTF_8)).append('\n');
    }
    return digest(utf8(all.toString())) + "\n" + all;
  }

  /** Writes the result of a completed probe. */
  void write(Kept kept) {
    Path draft = null;
    try {
      Files.createDirectories(directory);
      DirectoryGuard.requireGuarded(directory);
      draft = Files.createTempFile(directory, "draft", ".integrity");
      Files.writeString(draft, format(kept));
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      draft = null;
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "No findings were kept in {0}: {1}", directory, e.toString());
    } finally {
      delete(draft);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void delete(@Nullable Path draft) {
    if (draft != null) {
      try {
        Files.deleteIfExists(draft);
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} stays: {1}", draft, e.toString());
      }
    }
  }
}

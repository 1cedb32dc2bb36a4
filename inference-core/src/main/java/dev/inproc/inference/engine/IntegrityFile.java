package dev.inproc.inference.engine;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Integrity.Finding;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The results of earlier probes of a model, in a file beside it. A result is found again by a
 * digest of all that it holds for: the model's bytes, the setting, the options that shape the
 * comparisons. The tolerance is not among them: it judges what was found. Whatever fails here, the
 * model is probed anew. Who may write this file may as well replace the model, so it is trusted as
 * much.
 */
final class IntegrityFile {
  private static final System.Logger LOG = System.getLogger(Session.class.getName());
  private static final int MOST_RESULTS = 64;
  private static final long MOST_BYTES = 1 << 20;
  private static final String VERSION = "2"; // of the probe: other comparisons, other results

  private final Path file;
  private final String key;

  private IntegrityFile(Path file, String key) {
    this.file = file;
    this.key = key;
  }

  /** The file of a model, or null if results are not kept. */
  static @Nullable IntegrityFile of(ModelSource source, LoadedModel model) {
    Path path = source.path();
    IntegrityOptions options = model.options.integrity();
    if (path == null || source.isResource() || !options.areResultsKept() || !options.isEnabled()) {
      return null;
    }
    try {
      Path file = path.toAbsolutePath().normalize();
      Path beside = file.resolveSibling(file.getFileName() + ".integrity");
      return new IntegrityFile(beside, key(source, model));
    } catch (ModelLoadException e) {
      LOG.log(Level.DEBUG, "{0}: probe results are not kept: {1}", model.name, e.getMessage());
      return null;
    }
  }

  private static String key(ModelSource source, LoadedModel model) {
    SessionOptions options = model.options;
    StringBuilder all = new StringBuilder(VERSION);
    all.append('\n').append(source.digest());
    all.append('\n').append(IntegrityProbe.setting(model));
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
    return digest(all.toString().getBytes(StandardCharsets.UTF_8));
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
   * What an earlier load found out.
   *
   * @param findings none if examples are run one by one anyway
   * @param axis what a trial of the first dimension decided, AUTO if there was none
   */
  record Kept(List<Finding> findings, Nature nature, BatchAxis axis) {}

  /** Returns an earlier result, or null. */
  @Nullable Kept read() {
    try {
      Properties all = load();
      String count = all.getProperty(key);
      if (count == null) {
        return null;
      }
      List<Finding> findings = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(count); i++) {
        findings.add(parse(all.getProperty(key + "." + i)));
      }
      String[] facts = all.getProperty(key + ".model").split(" ", 2);
      return new Kept(findings, Nature.valueOf(facts[0]), BatchAxis.valueOf(facts[1]));
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "{0} is not used: {1}", file, e.toString());
      return null;
    }
  }

  private Properties load() throws IOException {
    Properties all = new Properties();
    if (Files.isRegularFile(file) && Files.size(file) <= MOST_BYTES) {
      try (Reader reader = Files.newBufferedReader(file)) {
        all.load(reader);
      }
    }
    return all;
  }

  private static Finding parse(String line) {
    String[] fields = line.split(" ", 4);
    return new Finding(
        Mates.valueOf(fields[0]),
        Integer.parseInt(fields[1]),
        fields[3],
        Double.parseDouble(fields[2]));
  }

  /** Keeps a result, of a probe that was completed: a quieter moment may tell more. */
  void write(Kept kept) {
    Path draft = null;
    try {
      Properties all = load();
      if (all.stringPropertyNames().stream().filter(name -> !name.contains(".")).count()
          >= MOST_RESULTS) {
        all.clear();
      }
      List<Finding> findings = kept.findings();
      all.setProperty(key, Integer.toString(findings.size()));
      all.setProperty(key + ".model", kept.nature() + " " + kept.axis());
      for (int i = 0; i < findings.size(); i++) {
        Finding f = findings.get(i);
        all.setProperty(
            key + "." + i,
            f.mates() + " " + f.batchSize() + " " + f.deviation() + " " + f.output());
      }
      draft = Files.createTempFile(file.getParent(), "draft", ".integrity");
      try (Writer writer = Files.newBufferedWriter(draft)) {
        all.store(writer, "Whether answers depend on batch-mates, as probed at load");
      }
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      draft = null;
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "{0} cannot be written: {1}", file, e.toString());
    } finally {
      delete(draft);
    }
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

package dev.inproc.inference.model;

import dev.inproc.inference.tensor.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What one version of a model is made of, and what is known of it: the content of its {@code
 * manifest.json}. Immutable.
 *
 * <p>Values without a type of their own (sample inputs, the training profile, free entries) are
 * JSON: strings, booleans, {@link Long}s, {@link Double}s, lists and maps of them, and null.
 */
public final class Manifest {
  private static final int MOST_FILES = 10_000;
  private static final int MOST_BATCH = 1 << 20;
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

  /**
   * One of the version's files.
   *
   * @param path relative to the version's directory, with slashes
   * @param size in bytes
   * @param sha256 in lower-case hexadecimal; null if nobody stated it
   */
  public record File(String path, long size, @Nullable String sha256) {
    /** Checks the name, the size and the digest. */
    public File {
      requirePath("files", path);
      require(size >= 0, "files: " + path + ": expected a size of 0 or more, got " + size);
      require(
          sha256 == null || SHA_256.matcher(sha256).matches(),
          "files: " + path + ": expected a SHA-256 of 64 lower-case hexadecimal digits");
    }
  }

  /**
   * One of several forms of the same model, of which one serves.
   *
   * @param path of its file or directory, relative to the version's directory, with slashes
   * @param precision such as {@code FP32} or {@code INT8}; empty if nobody stated it
   */
  public record Variant(String path, String precision) {
    /** Checks the name. */
    public Variant {
      requirePath("variants", path);
      Objects.requireNonNull(precision, "precision");
    }
  }

  private final String engine;
  private final String main;
  private final @Nullable String modelSha256;
  private final List<File> files;
  private final @Nullable String precision;
  private final List<Variant> variants;
  private final List<Integer> warmUpBatchSizes;
  private final List<Map<String, @Nullable Object>> sampleInputs;
  private final @Nullable Signature signature;
  private final Map<String, @Nullable Object> trainingProfile;
  private final @Nullable Duration labelHorizon;
  private final @Nullable String displayName;
  private final Map<String, @Nullable Object> entries;

  private Manifest(Builder b) {
    engine = b.engine;
    main = b.main;
    modelSha256 = b.modelSha256;
    files = List.copyOf(b.files);
    precision = b.precision;
    variants = List.copyOf(b.variants);
    warmUpBatchSizes = List.copyOf(b.warmUpBatchSizes);
    sampleInputs = b.sampleInputs.stream().map(Manifest::copy).toList();
    signature = b.signature;
    trainingProfile = copy(b.trainingProfile);
    labelHorizon = b.labelHorizon;
    displayName = b.displayName;
    entries = copy(b.entries);
    check();
  }

  private static Map<String, @Nullable Object> copy(Map<String, ? extends @Nullable Object> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  private void check() {
    require(files.size() <= MOST_FILES, "files: expected " + MOST_FILES + " at most");
    String conflict = ManifestPaths.conflict(files.stream().map(File::path).toList());
    require(conflict == null, "files: " + conflict);
    long total = 0;
    for (File file : files) {
      total += file.size();
      require(total >= 0, "files: expected sizes whose sum is a number of bytes");
    }
    require(
        modelSha256 == null || SHA_256.matcher(modelSha256).matches(),
        "modelSha256: expected 64 lower-case hexadecimal digits");
    requireListed("main", main);
    variants.forEach(variant -> requireListed("variants", variant.path()));
    for (int size : warmUpBatchSizes) {
      require(
          size >= 1 && size <= MOST_BATCH,
          "warmUpBatchSizes: expected 1 to " + MOST_BATCH + ", got " + size);
    }
    require(
        labelHorizon == null || !labelHorizon.isNegative(),
        "labelHorizon: expected a time of 0 or more, got " + labelHorizon);
  }

  /** Without files, the manifest is a draft, or of a model that is in no repository. */
  private void requireListed(String what, String path) {
    if (files.isEmpty() || path.isEmpty()) {
      return;
    }
    requirePath(what, path);
    boolean isListed =
        files.stream().anyMatch(f -> f.path().equals(path) || f.path().startsWith(path + "/"));
    require(isListed, what + ": expected one of the files or their directories, got " + path);
  }

  private static void requirePath(String what, String path) {
    String problem = ManifestPaths.problem(path);
    require(problem == null, what + ": \"" + path + "\": " + problem);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /**
   * Starts a manifest.
   *
   * @param engine the name of the engine that loads the model, such as {@code onnx}
   */
  public static Builder builder(String engine) {
    return new Builder(engine);
  }

  /** Returns a builder that has everything of this manifest. */
  public Builder toBuilder() {
    Builder b = new Builder(engine);
    b.main = main;
    b.modelSha256 = modelSha256;
    b.files = files;
    b.precision = precision;
    b.variants = variants;
    b.warmUpBatchSizes = warmUpBatchSizes;
    b.sampleInputs = sampleInputs;
    b.signature = signature;
    b.trainingProfile = trainingProfile;
    b.labelHorizon = labelHorizon;
    b.displayName = displayName;
    b.entries = entries;
    return b;
  }

  /** Returns the name of the engine that loads the model; empty if nobody stated it. */
  public String engine() {
    return engine;
  }

  /**
   * Returns the file that the engine loads, or the directory for formats that are one, relative to
   * the version's directory; empty if it is that directory.
   */
  public String main() {
    return main;
  }

  /**
   * Returns the digest of the whole model as its engine defines it, for {@link
   * dev.inproc.inference.engine.ModelSource#withSha256}.
   */
  public Optional<String> modelSha256() {
    return Optional.ofNullable(modelSha256);
  }

  /** Returns all files of the version but the manifest. */
  public List<File> files() {
    return files;
  }

  /** Returns the precision of the main file. */
  public Optional<String> precision() {
    return Optional.ofNullable(precision);
  }

  /** Returns the forms of the model of which one serves; empty if there is the main file alone. */
  public List<Variant> variants() {
    return variants;
  }

  /** Returns the batch sizes that a warm-up runs. */
  public List<Integer> warmUpBatchSizes() {
    return warmUpBatchSizes;
  }

  /** Returns examples of inputs: JSON values by the inputs' names. */
  public List<Map<String, @Nullable Object>> sampleInputs() {
    return sampleInputs;
  }

  /** Returns the inputs and outputs that the model has. */
  public Optional<Signature> signature() {
    return Optional.ofNullable(signature);
  }

  /** Returns how inputs and outputs were distributed in training, to notice drift; JSON values. */
  public Map<String, @Nullable Object> trainingProfile() {
    return trainingProfile;
  }

  /** Returns how long after a prediction its true label is known. */
  public Optional<Duration> labelHorizon() {
    return Optional.ofNullable(labelHorizon);
  }

  /** Returns what people call this version. */
  public Optional<String> displayName() {
    return Optional.ofNullable(displayName);
  }

  /** Returns the entries that this library does not know, as JSON values by their names. */
  public Map<String, @Nullable Object> entries() {
    return entries;
  }

  @Override
  public String toString() {
    return "Manifest[" + engine + " " + main + ", " + files.size() + " files]";
  }

  /** Collects what a manifest says. Not thread-safe. */
  public static final class Builder {
    private final String engine;
    private String main = "";
    private @Nullable String modelSha256;
    private List<File> files = List.of();
    private @Nullable String precision;
    private List<Variant> variants = List.of();
    private List<Integer> warmUpBatchSizes = List.of();
    private List<Map<String, @Nullable Object>> sampleInputs = List.of();
    private @Nullable Signature signature;
    private Map<String, @Nullable Object> trainingProfile = Map.of();
    private @Nullable Duration labelHorizon;
    private @Nullable String displayName;
    private Map<String, @Nullable Object> entries = Map.of();

    private Builder(String engine) {
      this.engine = Objects.requireNonNull(engine, "engine");
    }

    /** Sets the file or directory that the engine loads. Default: the version's directory. */
    public Builder main(String path) {
      main = Objects.requireNonNull(path, "path");
      return this;
    }

    /** Sets the digest of the whole model as its engine defines it. */
    public Builder modelSha256(String digest) {
      modelSha256 = Objects.requireNonNull(digest, "digest");
      return this;
    }

    /** Sets the files. The repository fills them in. */
    public Builder files(List<File> all) {
      files = new ArrayList<>(all);
      return this;
    }

    /** Sets the precision of the main file. */
    public Builder precision(String name) {
      precision = Objects.requireNonNull(name, "name");
      return this;
    }

    /** Sets the forms of the model of which one serves. */
    public Builder variants(List<Variant> all) {
      variants = new ArrayList<>(all);
      return this;
    }

    /** Sets the batch sizes that a warm-up runs. */
    public Builder warmUpBatchSizes(List<Integer> sizes) {
      warmUpBatchSizes = new ArrayList<>(sizes);
      return this;
    }

    /** Sets examples of inputs. */
    public Builder sampleInputs(List<? extends Map<String, ? extends @Nullable Object>> inputs) {
      List<Map<String, @Nullable Object>> all = new ArrayList<>();
      inputs.forEach(input -> all.add(copy(input)));
      sampleInputs = all;
      return this;
    }

    /** Sets the inputs and outputs that the model has. */
    public Builder signature(Signature all) {
      signature = Objects.requireNonNull(all, "all");
      return this;
    }

    /** Sets how inputs and outputs were distributed in training. */
    public Builder trainingProfile(Map<String, ? extends @Nullable Object> profile) {
      trainingProfile = copy(profile);
      return this;
    }

    /** Sets how long after a prediction its true label is known. */
    public Builder labelHorizon(Duration horizon) {
      labelHorizon = Objects.requireNonNull(horizon, "horizon");
      return this;
    }

    /** Sets what people call this version. */
    public Builder displayName(String name) {
      displayName = Objects.requireNonNull(name, "name");
      return this;
    }

    /** Sets the entries that this library does not know. */
    public Builder entries(Map<String, ? extends @Nullable Object> all) {
      entries = copy(all);
      return this;
    }

    /**
     * Returns the manifest.
     *
     * @throws IllegalArgumentException if a path leaves the version's directory, a file occurs
     *     twice, or a number is out of its range; the message says which
     */
    public Manifest build() {
      return new Manifest(this);
    }
  }
}

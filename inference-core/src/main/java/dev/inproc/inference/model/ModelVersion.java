package dev.inproc.inference.model;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.ModelSource;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model: a number, a manifest, and the file to load. Immutable but for whether its
 * files were verified. Versions are equal if their model, number and manifest are.
 */
public final class ModelVersion {
  /** Compares a version's files with its manifest. */
  interface Verification {
    /** Does nothing if each file is as the manifest says. */
    void verify();

    boolean isVerified();
  }

  static final Verification NOTHING_TO_COMPARE =
      new Verification() {
        @Override
        public void verify() {}

        @Override
        public boolean isVerified() {
          return false;
        }
      };

  private final String model;
  private final long version;
  private final @Nullable Path directory;
  private final Manifest manifest;
  private final String manifestSha256;
  private final Verification verification;
  private final ModelSource source;
  private final List<String> reasons;

  /** Creates one of a repository. */
  ModelVersion(
      String model,
      long version,
      Path directory,
      Manifest manifest,
      String manifestSha256,
      Verification verification) {
    this(
        model,
        version,
        directory,
        manifest,
        manifestSha256,
        verification,
        source(directory, manifest, manifest.main()),
        List.of());
  }

  private ModelVersion(
      String model,
      long version,
      @Nullable Path directory,
      Manifest manifest,
      String manifestSha256,
      Verification verification,
      ModelSource source,
      List<String> reasons) {
    this.model = model;
    this.version = version;
    this.directory = directory;
    this.manifest = manifest;
    this.manifestSha256 = manifestSha256;
    this.verification = verification;
    this.source = source;
    this.reasons = reasons;
  }

  /**
   * Returns a version that is in no repository, such as a model on the class path. The caller
   * vouches that equal numbers mean equal models.
   *
   * @param model the model's name
   * @param version its number, from 1
   * @param source what to load
   */
  public static ModelVersion of(String model, long version, ModelSource source) {
    Objects.requireNonNull(source, "source");
    if (model.isBlank()) {
      throw new IllegalArgumentException("Expected the model's name, got \"" + model + "\"");
    }
    if (version < 1) {
      throw new IllegalArgumentException("Expected a version of 1 or more, got " + version);
    }
    Manifest manifest = Manifest.builder("").build();
    Path path = source.path();
    return new ModelVersion(
        model,
        version,
        path == null ? null : path.toAbsolutePath().getParent(),
        manifest,
        digest(ManifestJson.write(manifest)),
        NOTHING_TO_COMPARE,
        source,
        List.of());
  }

  static String digest(byte[] bytes) {
    return ModelSource.bytes("bytes", bytes).digest();
  }

  /** The engine verifies the digests that it is given, over the very bytes that it loads. */
  private static ModelSource source(Path directory, Manifest manifest, String path) {
    Path file = path.isEmpty() ? directory : directory.resolve(path);
    ModelSource source = ModelSource.file(file).withPrivateCopy();
    Map<Path, String> digests = new HashMap<>();
    for (Manifest.File each : manifest.files()) {
      if (each.sha256() != null) {
        digests.put(directory.resolve(each.path()), each.sha256());
      }
    }
    if (!digests.isEmpty()) {
      source = source.withFileSha256(digests);
    }
    if (manifest.modelSha256().isPresent() && path.equals(manifest.main())) {
      return source.withSha256(manifest.modelSha256().get());
    }
    String own = digests.get(file);
    return own != null && digests.size() == 1 ? source.withSha256(own) : source;
  }

  /** Returns the model's name. */
  public String model() {
    return model;
  }

  /** Returns the version's number, from 1. A higher one is newer. */
  public long version() {
    return version;
  }

  /** Returns the directory of the version's files; null if its model is not on disk as such. */
  public @Nullable Path directory() {
    return directory;
  }

  /** Returns what is known of the version; of one in no repository, nothing. */
  public Manifest manifest() {
    return manifest;
  }

  /** Returns the SHA-256 of the manifest: two versions with equal ones have equal files. */
  public String manifestSha256() {
    return manifestSha256;
  }

  /**
   * Compares each file with the size and SHA-256 that the manifest has. Reads all files, and blocks
   * so long; a version that was verified in this process is compared again only if a file's stamp
   * has changed, or always by {@link RepositoryOptions#withVerification}. Of a version without
   * digests nothing is compared.
   *
   * <p>Call it before the version is loaded: what an engine compares again while it loads depends
   * on the engine.
   *
   * @throws ModelLoadException if a file differs, is missing or cannot be read; or if there is one
   *     that the manifest does not list
   */
  public void verify() {
    verification.verify();
  }

  /** Returns whether the files were compared with their digests in this process, and are right. */
  public boolean isVerified() {
    return verification.isVerified();
  }

  /**
   * Returns what to load, with the digests that the manifest has. Its files may be deleted or
   * overwritten once it is loaded. Reads nothing.
   */
  public ModelSource source() {
    return source;
  }

  /**
   * Returns this version with the variant that a chooser takes. Equal to this one.
   *
   * @throws ModelLoadException if none can serve; the message has the reasons
   */
  public ModelVersion choose(VariantChooser chooser, Device device, VariantChooser.Wish wish) {
    if (directory == null || manifest.variants().isEmpty()) {
      return withSource(source, List.of(source.name() + ": taken, the only one"));
    }
    VariantChooser.Choice choice = chooser.choose(this, device, wish);
    if (choice.variant().isEmpty()) {
      throw new ModelLoadException(
          toString(), "no variant can serve: " + String.join("; ", choice.reasons()), null);
    }
    return withSource(source(directory, manifest, choice.variant().get().path()), choice.reasons());
  }

  private ModelVersion withSource(ModelSource chosen, List<String> why) {
    return new ModelVersion(
        model, version, directory, manifest, manifestSha256, verification, chosen, why);
  }

  /**
   * Returns why {@link #source} is this variant, in words and in order; empty if none was chosen.
   */
  public List<String> reasons() {
    return reasons;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ModelVersion that
        && version == that.version
        && model.equals(that.model)
        && manifestSha256.equals(that.manifestSha256);
  }

  @Override
  public int hashCode() {
    return Objects.hash(model, version, manifestSha256);
  }

  /** Returns model and number, such as {@code fraud@3}. */
  @Override
  public String toString() {
    return model + "@" + version;
  }
}

package dev.inproc.inference.model;

import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.internal.json.JsonException;
import dev.inproc.inference.internal.json.JsonLimits;
import dev.inproc.inference.model.VersionFiles.MismatchException;
import dev.inproc.inference.model.VersionStatus.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One directory with a version's name, and what was found in it. Touched under the repository's
 * lock alone, but for {@code mismatch}.
 */
final class VersionEntry {
  private static final int SETTLED_TURNS = 12;
  private static final long SETTLING_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * What the entries of a repository have in common.
   *
   * @param random from 0 to 1, for the times between tries
   * @param changed is told of a model whose version turned out to be wrong
   */
  record Context(
      FileOperations operations,
      VersionFiles files,
      ForeignModels foreign,
      RepositoryOptions options,
      DoubleSupplier random,
      Consumer<String> changed) {}

  /** Why the digests of a manifest's files failed. */
  private record Mismatch(String manifestSha256, String reason) {}

  private final Context context;
  private final String model;
  private final long number;
  private final Path directory;
  private final Backoff backoff;

  private State state = State.INCOMPLETE;
  private String reason = "not looked at yet";
  private FileOperations.@Nullable Stat stat; // of the manifest that was read
  private boolean wasReread; // a failed manifest is read twice: a clock may be coarse
  private @Nullable ModelVersion version; // of the manifest that was read, complete or not
  private volatile @Nullable Mismatch mismatch;

  // Of a version without a manifest.
  private int unchangedLooks;
  private long unchangedSince;

  VersionEntry(Context context, String model, long number, Path directory) {
    this.context = context;
    this.model = model;
    this.number = number;
    this.directory = directory;
    backoff = new Backoff(context.random());
  }

  VersionStatus status() {
    return new VersionStatus(number, state, reason);
  }

  /** Returns the version if it can be used, else null. */
  @Nullable ModelVersion complete() {
    return state == State.COMPLETE ? version : null;
  }

  /**
   * Looks at the directory. Reads the manifest if it is not the one that was read.
   *
   * @param isAsked whether somebody asks, so that a failure is tried again before its time
   */
  void look(long nowNanos, boolean isAsked) {
    if (!isAsked && backoff.isWaiting(nowNanos)) {
      return;
    }
    try {
      read(nowNanos);
      backoff.succeeded();
    } catch (IOException e) {
      backoff.failed(nowNanos);
      if (state != State.COMPLETE) { // a complete one does not go because its storage hiccups
        set(State.RETRYING, e.toString());
      }
    }
  }

  private void read(long nowNanos) throws IOException {
    Path file = directory.resolve(ManifestPaths.MANIFEST);
    if (stat != null && stat.equals(context.operations().stat(file)) && isDecided()) {
      return; // one look at the file system is enough
    }
    FileOperations.Stat own = context.operations().stat(directory);
    if (own == null || !own.isDirectory()) {
      boolean isLink = own != null && own.isLink();
      if (!isLink || !context.options().allowsLinks()) {
        forget(isLink ? "its directory is a symbolic link" : "it is no directory");
        return;
      }
    }
    FileOperations.Stat now = context.operations().stat(file);
    if (now == null) {
      lookWithoutManifest(nowNanos);
      return;
    }
    boolean isSame = now.equals(stat);
    if (!isSame || version == null) {
      wasReread = isSame;
      if (!isSame) {
        mismatch = null; // the whole directory may have been copied anew
      }
      stat = null;
      if (!readManifest(file, now)) {
        stat = now;
        return;
      }
      stat = now;
    } else if (state == State.FAILED) {
      wasReread = true;
    }
    checkFiles();
  }

  /** Returns whether nothing but another manifest changes the state. */
  private boolean isDecided() {
    String found = mismatchOfThis();
    if (found != null) {
      set(State.FAILED, found);
      return true;
    }
    return state == State.COMPLETE || (state == State.FAILED && wasReread);
  }

  private @Nullable String mismatchOfThis() {
    Mismatch found = mismatch;
    ModelVersion read = version;
    return found != null && read != null && found.manifestSha256().equals(read.manifestSha256())
        ? found.reason()
        : null;
  }

  /** Returns whether a poll looks here: complete versions have their turn each dozen polls. */
  boolean isDue(long poll) {
    boolean isSettled = state == State.COMPLETE && stat != null && mismatchOfThis() == null;
    return !isSettled || (number + model.hashCode() + poll) % SETTLED_TURNS == 0;
  }

  private boolean readManifest(Path file, FileOperations.Stat now) throws IOException {
    if (!now.isFile()) {
      version = null;
      set(State.FAILED, ManifestPaths.MANIFEST + ": expected a regular file");
      return false;
    }
    try {
      byte[] bytes = context.operations().read(file, JsonLimits.DEFAULT.bytes());
      Manifest manifest = ManifestJson.read(bytes);
      accept(manifest, ModelVersion.digest(bytes), true);
      return true;
    } catch (JsonException | FileOperations.TooLargeException e) {
      version = null;
      set(State.FAILED, ManifestPaths.MANIFEST + ": " + e.getMessage());
      return false;
    }
  }

  /** Keeps the version that is there already if the manifest says the same: it was only touched. */
  private void accept(Manifest manifest, String sha256, boolean hasDigests) {
    ModelVersion before = version;
    if (before != null && before.manifestSha256().equals(sha256)) {
      return;
    }
    String name = model + "@" + number;
    boolean isEachTime =
        context.options().verification() == RepositoryOptions.Verification.EVERY_LOAD;
    ModelVersion.Verification check =
        hasDigests
            ? new DigestCheck(
                name,
                directory,
                manifest,
                context.files(),
                isEachTime,
                found -> mismatch(sha256, found))
            : ModelVersion.NOTHING_TO_COMPARE;
    version = new ModelVersion(model, number, directory, manifest, sha256, check);
  }

  /** Called by the thread that verifies. */
  private void mismatch(String manifestSha256, String found) {
    mismatch = new Mismatch(manifestSha256, found);
    context.changed().accept(model);
  }

  private void checkFiles() throws IOException {
    ModelVersion read = version;
    if (read == null) {
      return;
    }
    try {
      String missing = context.files().missing(directory, read.manifest());
      set(missing == null ? State.COMPLETE : State.INCOMPLETE, missing == null ? "" : missing);
    } catch (MismatchException e) {
      set(State.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private void lookWithoutManifest(long nowNanos) throws IOException {
    Manifest found = context.foreign().describe(directory);
    if (found == null) {
      forget(ManifestPaths.MANIFEST + " is not there");
      return;
    }
    stat = null;
    String sha256 = ModelVersion.digest(ManifestJson.write(found));
    if (version == null || !version.manifestSha256().equals(sha256)) {
      version = null;
      accept(found, sha256, false);
      unchangedLooks = 0;
      unchangedSince = nowNanos;
      set(State.INCOMPLETE, "its files must stay unchanged for two looks and 10 s");
    } else if (++unchangedLooks >= 2 && nowNanos - unchangedSince >= SETTLING_NANOS) {
      set(State.COMPLETE, "");
    }
  }

  private void forget(String why) {
    stat = null;
    version = null;
    set(State.INCOMPLETE, why);
  }

  private void set(State next, String why) {
    state = next;
    reason = why;
  }
}

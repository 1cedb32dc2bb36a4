package dev.inproc.inference.model;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.internal.files.FileStamp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Verifies one version, one caller at a time, and knows the result. */
final class DigestCheck implements ModelVersion.Verification {
  private final String name;
  private final Path directory;
  private final Manifest manifest;
  private final VersionFiles files;
  private final boolean isEachTime;
  private final Consumer<String> onMismatch;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable List<FileStamp> verified; // of the files that are right

  /**
   * Creates one.
   *
   * @param name what messages call the version
   * @param isEachTime whether files are read again although their stamps are the same
   * @param onMismatch is told why the version cannot be used until it has a new manifest
   */
  DigestCheck(
      String name,
      Path directory,
      Manifest manifest,
      VersionFiles files,
      boolean isEachTime,
      Consumer<String> onMismatch) {
    this.name = name;
    this.directory = directory;
    this.manifest = manifest;
    this.files = files;
    this.isEachTime = isEachTime;
    this.onMismatch = onMismatch;
  }

  @Override
  public boolean isVerified() {
    return verified != null;
  }

  @Override
  public void verify() {
    lock.lock();
    try {
      List<FileStamp> stamps = files.stamps(directory, manifest);
      if (!isEachTime && stamps.equals(verified)) {
        return;
      }
      verified = null;
      files.verify(directory, manifest);
      if (!stamps.equals(files.stamps(directory, manifest))) {
        throw new ModelLoadException(name, "its files changed while they were read", null);
      }
      verified = stamps;
    } catch (VersionFiles.MismatchException e) {
      String reason = String.valueOf(e.getMessage());
      onMismatch.accept(reason);
      throw new ModelLoadException(name, reason, e);
    } catch (IOException e) {
      throw new ModelLoadException(name, e.toString(), e);
    } finally {
      lock.unlock();
    }
  }
}

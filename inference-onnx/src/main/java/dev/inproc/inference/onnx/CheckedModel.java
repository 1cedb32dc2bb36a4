package dev.inproc.inference.onnx;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.files.FileStamp;
import dev.inproc.inference.onnx.format.FileBytes;
import dev.inproc.inference.onnx.format.GraphInputs;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A model that was checked, and is ready for native code. Three ways to be sure that what is loaded
 * is what was checked:
 *
 * <ul>
 *   <li>Bytes in memory are checked and loaded as they are. They name no file.
 *   <li>A file stays where it is. It and its external data are looked at before and after, and a
 *       session of one that moved is dropped.
 *   <li>A file with a known digest is read into memory once, its external data copied into a {@link
 *       Snapshot}; what is there is what was hashed, checked and is loaded.
 * </ul>
 */
final class CheckedModel implements AutoCloseable {
  private final ModelSource source;
  private final List<FileStamp> external;
  private final List<FileStamp> inPlace;
  private final byte @Nullable [] bytes;
  private final @Nullable Snapshot snapshot;

  /** A file in place, or bytes of the caller. */
  CheckedModel(ModelSource source, @Nullable FileStamp file, List<FileStamp> external) {
    this.source = source;
    this.external = external;
    inPlace = new ArrayList<>(external);
    if (file != null) {
      inPlace.add(file);
    }
    bytes = source.bytes();
    snapshot = null;
  }

  /** Bytes that were verified, and their external data. */
  CheckedModel(ModelSource source, byte[] verified, @Nullable Snapshot snapshot) {
    this.source = source;
    external = List.of();
    inPlace = List.of();
    bytes = verified;
    this.snapshot = snapshot;
  }

  String describe() {
    return source.describe();
  }

  /** Returns the file to load, or null to load {@link #bytes()}. */
  @Nullable Path path() {
    return bytes == null ? source.path() : null;
  }

  byte @Nullable [] bytes() {
    return bytes;
  }

  /**
   * Reads what the binding does not tell of the inputs; nothing if the file is in another format,
   * as a trusted one may be.
   */
  GraphInputs inputs() {
    Path path = path();
    try {
      if (path == null) {
        return GraphInputs.of(ProtoBytes.of(Objects.requireNonNull(bytes)));
      }
      try (FileBytes content = new FileBytes(path)) {
        return GraphInputs.of(content);
      }
    } catch (ProtoException | IOException | UncheckedIOException e) {
      return GraphInputs.unknown();
    }
  }

  /** Returns where external data lies, if there is any, when a file's model loads from bytes. */
  @Nullable Path externalDirectory() {
    if (snapshot != null) {
      return snapshot.directory();
    }
    Path path = source.path();
    return path == null ? null : path.toAbsolutePath().getParent();
  }

  boolean hasExternalData() {
    return !external.isEmpty() || snapshot != null;
  }

  /** Returns the digest of a model without external data, known or computed now. */
  String digest() {
    String known = source.sha256();
    return known != null ? known : source.digest();
  }

  /**
   * Looks again, after native code has read the files.
   *
   * @throws ModelLoadException if one was written to or replaced since it was checked
   */
  void requireUnchanged() {
    for (FileStamp file : inPlace) {
      if (!file.isCurrent()) {
        throw new ModelLoadException(
            describe(), file.path() + " was changed while the model was loaded", null);
      }
    }
  }

  @Override
  public void close() {
    if (snapshot != null) {
      snapshot.close();
    }
  }
}

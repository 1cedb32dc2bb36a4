package dev.inproc.inference.onnx;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.FileStamp;
import dev.inproc.inference.onnx.format.FileBytes;
import dev.inproc.inference.onnx.format.GraphInputs;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.spi.Statefulness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A model that was checked, and is ready for native code. Ways to be sure that what is loaded is
 * what was checked:
 *
 * <ul>
 *   <li>Bytes in memory are checked and loaded as they are. They name no file.
 *   <li>A file stays where it is. It and its external data are looked at before and after, and a
 *       session of one that moved is dropped.
 *   <li>A file with a known digest, or whose source wants a private copy, is read into memory once,
 *       its external data copied into a {@link Snapshot}; what is there is what was hashed, checked
 *       and is loaded. So is external data that ONNX Runtime would not read where it lies.
 *   <li>A resource in a jar is streamed into a {@link Snapshot}, hashed, checked and loaded there.
 * </ul>
 */
final class CheckedModel implements AutoCloseable {
  private final ModelSource source;
  private final List<FileStamp> inPlace;
  private final @Nullable Path path;
  private final byte @Nullable [] bytes;
  private final @Nullable Snapshot snapshot;
  private final boolean hasExternalData;
  private Statefulness statefulness = Statefulness.POSSIBLE;
  private @Nullable String digest; // once computed: a load on several devices asks for it again

  private CheckedModel(
      ModelSource source,
      List<FileStamp> inPlace,
      @Nullable Path path,
      byte @Nullable [] bytes,
      @Nullable Snapshot snapshot,
      boolean hasExternalData) {
    this.source = source;
    this.inPlace = inPlace;
    this.path = path;
    this.bytes = bytes;
    this.snapshot = snapshot;
    this.hasExternalData = hasExternalData;
  }

  /** A file and its external data, in place. */
  static CheckedModel inPlace(ModelSource source, FileStamp file, List<FileStamp> external) {
    List<FileStamp> all = new ArrayList<>(external);
    all.add(file);
    return new CheckedModel(source, all, file.path(), null, null, !external.isEmpty());
  }

  /** Bytes in memory without external data. */
  static CheckedModel inMemory(ModelSource source, byte[] bytes) {
    return new CheckedModel(source, List.of(), null, bytes, null, false);
  }

  /** Bytes in memory, with their external data in a snapshot. */
  static CheckedModel inMemory(ModelSource source, byte[] bytes, Snapshot external) {
    return new CheckedModel(source, List.of(), null, bytes, external, true);
  }

  /** A file of a snapshot, without external data. */
  static CheckedModel copied(ModelSource source, Path copy, Snapshot snapshot) {
    return new CheckedModel(source, List.of(), copy, null, snapshot, false);
  }

  /** Sets what the structure tells, if it was read. */
  CheckedModel telling(Statefulness told) {
    statefulness = told;
    return this;
  }

  /** Sets the digest of what was read: the file may have changed since. */
  CheckedModel digested(String computed) {
    digest = computed;
    return this;
  }

  Statefulness statefulness() {
    return statefulness;
  }

  String describe() {
    return source.describe();
  }

  /** Returns the file to load, or null to load {@link #bytes()}. */
  @Nullable Path path() {
    return path;
  }

  byte @Nullable [] bytes() {
    return bytes;
  }

  /**
   * Reads what the binding does not tell of the inputs; nothing if the file is in another format,
   * as a trusted one may be.
   */
  GraphInputs inputs() {
    Path file = path;
    try {
      if (file == null) {
        return GraphInputs.of(ProtoBytes.of(Objects.requireNonNull(bytes)));
      }
      try (FileBytes content = new FileBytes(file)) {
        return GraphInputs.of(content);
      }
    } catch (ProtoException | IOException | UncheckedIOException e) {
      return GraphInputs.unknown();
    }
  }

  /** Returns the reason for which native code refuses this, with what it is before it. */
  String explain(String reason) {
    return NotAModel.explain(source, reason);
  }

  /** Returns where external data lies, if there is any, when a file's model loads from bytes. */
  @Nullable Path externalDirectory() {
    if (snapshot != null) {
      return snapshot.directory();
    }
    return path == null ? null : path.toAbsolutePath().getParent();
  }

  boolean hasExternalData() {
    return hasExternalData;
  }

  /** Returns the digest of a model without external data, known or computed now. */
  String digest() {
    if (digest == null) {
      String known = source.sha256();
      digest = known != null ? known : source.digest();
    }
    return digest;
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

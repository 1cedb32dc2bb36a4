package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.FileKind;
import dev.inproc.inference.internal.files.FileStamp;
import dev.inproc.inference.onnx.format.ExternalData;
import dev.inproc.inference.onnx.format.ExternalFiles;
import dev.inproc.inference.onnx.format.FileBytes;
import dev.inproc.inference.onnx.format.ModelStructure;
import dev.inproc.inference.onnx.format.ProtoException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A model read from a file after a check of its structure, and its external data as asked for. */
final class ModelFile {
  private static final long MAX_BYTES = Integer.MAX_VALUE - 8; // and an array's

  private final Path path;
  private final ModelProto model;
  private final Map<String, FileStamp> external;
  private final String digest;
  private final long bytes;

  private ModelFile(Path path, ModelProto model, Map<String, FileStamp> external, String digest) {
    this.path = path;
    this.model = model;
    this.external = external;
    this.digest = digest;
    bytes = path.toFile().length() + external.values().stream().mapToLong(FileStamp::size).sum();
  }

  static ModelFile read(Path path) throws IOException {
    try {
      if (!Files.isRegularFile(path)) {
        throw failure(path, Files.exists(path) ? "not a regular file" : "no such file", null);
      }
      Map<String, FileStamp> external = new HashMap<>();
      try (FileBytes content = new FileBytes(path)) {
        ModelStructure structure = ModelStructure.of(content);
        Map<ExternalData, FileStamp> found =
            new ExternalFiles(FileStamp.of(path), false, false).find(structure);
        found.forEach((data, stamp) -> external.put(data.location(), stamp));
      }
      if (path.toFile().length() > MAX_BYTES) {
        throw failure(path, "it is beyond 2 GiB, where an ONNX file ends", null);
      }
      byte[] bytes = Files.readAllBytes(path);
      CodedInputStream stream = CodedInputStream.newInstance(bytes);
      stream.enableAliasing(true); // weights stay where they are
      ModelProto model = ModelProto.parseFrom(stream);
      if (!model.hasGraph()) {
        throw failure(path, "it has no graph, so it is no ONNX model", null);
      }
      String digest = ModelSource.bytes(path.toString(), bytes).digest();
      return new ModelFile(path, model, external, digest);
    } catch (ProtoException e) {
      throw failure(path, FileKind.explain(FileKind.of(path), e.getMessage()), e);
    } catch (InvalidProtocolBufferException e) {
      throw failure(path, "not a protobuf message: " + e.getMessage(), e);
    }
  }

  ModelProto model() {
    return model;
  }

  boolean hasExternalData() {
    return !external.isEmpty();
  }

  /** Says whether this is one of the files that hold the model's external data. */
  boolean reads(Path other) throws IOException {
    for (FileStamp stamp : external.values()) {
      if (Files.exists(other) && Files.isSameFile(other, stamp.real())) {
        return true;
      }
    }
    return false;
  }

  /** The SHA-256 of the model's own file. */
  String digest() {
    return digest;
  }

  /** The size of all files. */
  long bytes() {
    return bytes;
  }

  /** Reads external data of a tensor. */
  byte[] read(String tensor, @Nullable String location, long offset, long length)
      throws IOException {
    FileStamp stamp = external.get(location);
    if (stamp == null) {
      throw failure("tensor \"" + tensor + "\" has no external data");
    }
    if (length > MAX_BYTES) {
      throw failure("tensor \"" + tensor + "\" has " + length + " bytes, over 2 GiB");
    }
    byte[] data = new byte[(int) length];
    try (RandomAccessFile file = new RandomAccessFile(stamp.real().toFile(), "r")) {
      file.seek(offset);
      file.readFully(data);
    }
    return data;
  }

  ModelLoadException failure(String reason) {
    return failure(path, reason, null);
  }

  private static ModelLoadException failure(Path path, String reason, @Nullable Throwable cause) {
    return new ModelLoadException(path.toString(), reason, cause);
  }
}

package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the data of constant tensors goes: into the model, or a file beside it. */
final class TensorSink implements AutoCloseable {
  private static final int SMALL = 1024; // bytes that stay in the model
  private static final int ALIGNMENT = 4096; // so that a page can be mapped

  private final @Nullable Path target;
  private final @Nullable Path partial;
  private final @Nullable OutputStream out;
  private final Set<String> stored = new HashSet<>();
  private long written;

  private TensorSink(@Nullable Path target, @Nullable Path partial, @Nullable OutputStream out) {
    this.target = target;
    this.partial = partial;
    this.out = out;
  }

  static TensorSink inline() {
    return new TensorSink(null, null, null);
  }

  static TensorSink beside(Path model) throws IOException {
    Path target = dataFile(model);
    Path partial = model.resolveSibling(model.getFileName() + ".data.partial");
    return new TensorSink(target, partial, Files.newOutputStream(partial));
  }

  static Path dataFile(Path model) {
    return model.resolveSibling(model.getFileName() + ".data");
  }

  TensorProto store(String name, int type, List<Long> dims, byte[] data) throws IOException {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(type).addAllDims(dims);
    if (out == null || data.length < SMALL) {
      return tensor.setRawData(UnsafeByteOperations.unsafeWrap(data)).build();
    }
    stored.add(name);
    return external(tensor, data);
  }

  /** Returns a tensor of the model as it is to be written. */
  TensorProto keep(ModelFile file, TensorProto tensor) throws IOException {
    boolean isExternal = tensor.getDataLocation() == DataLocation.EXTERNAL;
    boolean isNew = stored.contains(tensor.getName());
    if (out == null || isNew || (!isExternal && tensor.getRawData().size() < SMALL)) {
      return tensor;
    }
    byte[] data = TensorProtos.data(file, tensor);
    return external(tensor.toBuilder().clearRawData().clearExternalData(), data);
  }

  private TensorProto external(TensorProto.Builder tensor, byte[] data) throws IOException {
    OutputStream stream = Objects.requireNonNull(out);
    int padding = (int) ((ALIGNMENT - written % ALIGNMENT) % ALIGNMENT);
    stream.write(new byte[padding]);
    written += padding;
    stream.write(data);
    Path name = Objects.requireNonNull(target).getFileName();
    tensor
        .setDataLocation(DataLocation.EXTERNAL)
        .addExternalData(entry("location", String.valueOf(name)))
        .addExternalData(entry("offset", Long.toString(written)))
        .addExternalData(entry("length", Long.toString(data.length)));
    written += data.length;
    return tensor.build();
  }

  static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  /** Gives the file its name; returns its size. */
  long commit() throws IOException {
    if (out == null || partial == null || target == null) {
      return 0;
    }
    out.close();
    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    return written;
  }

  @Override
  public void close() throws IOException {
    if (out != null && partial != null) {
      out.close();
      Files.deleteIfExists(partial);
    }
  }
}

package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.CodedOutputStream;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files beyond 2 GiB. They are sparse: nearly all of them is a hole, which takes no disk. No array
 * of Java holds that many bytes, so what passes here has not tried to.
 */
class LargeFilesTest {
  private static final long HUGE = (1L << 31) + (1L << 28);

  @TempDir Path directory;

  @Test
  void weightBeyond2GiBOfExternalData_isFoundAndQuantized() throws IOException {
    float[] weight = Zoo.normal(1, Zoo.K * Zoo.N);
    try (RandomAccessFile data =
        new RandomAccessFile(directory.resolve("weights.bin").toFile(), "rw")) {
      data.seek(HUGE);
      data.write(TensorProtos.bytes(weight));
    }
    Path in = directory.resolve("in.onnx");
    Files.write(in, model(external("w", HUGE, Zoo.K * Zoo.N * 4L, Zoo.K, Zoo.N)));
    ModelSummary summary = ModelInspector.inspect(in);
    assertEquals(Zoo.K * Zoo.N, summary.parameters());
    QuantizeOptions all = QuantizeOptions.DEFAULT.withMinElements(1).withSignedWeights(true);
    Path out = directory.resolve("out.onnx");
    QuantizationReport report = Quantizer.quantize(in, out, all);
    assertEquals("", report.note());
    assertEquals(1, report.changed().size());
    ModelProto quantized = ModelProto.parseFrom(Files.readAllBytes(out));
    assertTrue(Files.size(directory.resolve("out.onnx.data")) < 1 << 20);
    // The same as from a weight that lies in the model.
    Path plain = directory.resolve("plain.onnx");
    Files.write(
        plain, model(dev.inproc.inference.onnx.testing.Tensors.floats("w", weight, 48, 24)));
    Quantizer.quantize(plain, directory.resolve("small.onnx"), all);
    ModelProto small = ModelProto.parseFrom(Files.readAllBytes(directory.resolve("small.onnx")));
    TensorProto expected =
        small.getGraph().getInitializerList().stream()
            .filter(t -> t.getName().equals("w/quantized"))
            .findFirst()
            .orElseThrow();
    TensorProto actual =
        quantized.getGraph().getInitializerList().stream()
            .filter(t -> t.getName().equals("w/quantized"))
            .findFirst()
            .orElseThrow();
    byte[] bytes = new byte[Zoo.K * Zoo.N];
    try (RandomAccessFile data =
        new RandomAccessFile(directory.resolve("out.onnx.data").toFile(), "r")) {
      data.seek(Long.parseLong(actual.getExternalData(1).getValue()));
      data.readFully(bytes);
    }
    assertEquals(expected.getRawData(), com.google.protobuf.ByteString.copyFrom(bytes));
  }

  @Test
  void tensorBeyond2GiB_isInspected_andRefusedByTheQuantizer() throws IOException {
    long rows = HUGE / 4 / 64;
    try (RandomAccessFile data =
        new RandomAccessFile(directory.resolve("weights.bin").toFile(), "rw")) {
      data.setLength(rows * 64 * 4);
    }
    Path in = directory.resolve("in.onnx");
    Files.write(in, model(external("w", 0, rows * 64 * 4, rows, 64)));
    assertEquals(rows * 64, ModelInspector.inspect(in).parameters());
    assertEquals(rows * 64 * 4, ModelInspector.inspect(in).externalBytes());
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class, () -> Quantizer.quantize(in, directory.resolve("out.onnx")));
    assertTrue(failure.getMessage().contains("over 2 GiB"), failure::getMessage);
  }

  @Test
  void modelFileBeyond2GiB_isInspectedWithoutMemory_andRefusedByTheQuantizer() throws IOException {
    Path in = directory.resolve("huge.onnx");
    ByteArrayOutputStream head = new ByteArrayOutputStream(); // of the tensor, up to its raw data
    CodedOutputStream tensor = CodedOutputStream.newInstance(head);
    tensor.writeInt64(1, HUGE / 4);
    tensor.writeInt32(2, DataType.FLOAT_VALUE);
    tensor.writeString(8, "w");
    tensor.writeTag(9, 2);
    tensor.writeUInt64NoTag(HUGE);
    tensor.flush();
    ByteArrayOutputStream graph = new ByteArrayOutputStream();
    CodedOutputStream fields = CodedOutputStream.newInstance(graph);
    fields.writeTag(5, 2);
    fields.writeUInt64NoTag(head.size() + HUGE);
    fields.flush();
    try (RandomAccessFile file = new RandomAccessFile(in.toFile(), "rw")) {
      ByteArrayOutputStream start = new ByteArrayOutputStream();
      CodedOutputStream model = CodedOutputStream.newInstance(start);
      model.writeInt64(1, 8);
      model.writeTag(7, 2);
      model.writeUInt64NoTag(graph.size() + head.size() + HUGE);
      model.flush();
      file.write(start.toByteArray());
      file.write(graph.toByteArray());
      file.write(head.toByteArray());
      file.seek(file.length() + HUGE);
      file.write(new byte[] {0x12, 1, 'p'}); // the producer, after all of it
    }
    ModelSummary summary = ModelInspector.inspect(in);
    assertEquals(HUGE / 4, summary.parameters());
    assertEquals("p", summary.producer());
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class, () -> Quantizer.quantize(in, directory.resolve("out.onnx")));
    assertTrue(failure.getMessage().contains("beyond 2 GiB"), failure::getMessage);
  }

  /** A tensor with a length needs no size of its type; one without it is named. */
  @Test
  void externalTensorOfATypeUnknownHere_isKeptByItsLength() throws IOException {
    Files.write(directory.resolve("weights.bin"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    TensorProto.Builder fp8 =
        external("f8", 4, 4, 4).toBuilder().setDataType(DataType.FLOAT8E4M3FN_VALUE);
    TensorProto weight =
        dev.inproc.inference.onnx.testing.Tensors.floats(
            "w", Zoo.normal(1, Zoo.K * Zoo.N), Zoo.K, Zoo.N);
    Path in = directory.resolve("in.onnx");
    Path out = directory.resolve("out.onnx");
    Files.write(in, model(weight, fp8.build()));
    Quantizer.quantize(in, out);
    TensorProto kept =
        ModelProto.parseFrom(Files.readAllBytes(out)).getGraph().getInitializerList().stream()
            .filter(tensor -> tensor.getName().equals("f8"))
            .findFirst()
            .orElseThrow();
    byte[] bytes = new byte[4];
    try (RandomAccessFile data =
        new RandomAccessFile(directory.resolve("out.onnx.data").toFile(), "r")) {
      data.seek(Long.parseLong(kept.getExternalData(1).getValue()));
      data.readFully(bytes);
    }
    assertArrayEquals(new byte[] {5, 6, 7, 8}, bytes);
    Files.write(in, model(weight, fp8.removeExternalData(2).build()));
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> Quantizer.quantize(in, out));
    assertTrue(failure.getMessage().contains("\"f8\""), failure::getMessage);
    assertTrue(failure.getMessage().contains("no length"), failure::getMessage);
  }

  private static byte[] model(TensorProto... constants) {
    GraphBuilder graph =
        new GraphBuilder("large")
            .input("x", DataType.FLOAT_VALUE, "batch,48")
            .output("y", DataType.FLOAT_VALUE, "batch,24");
    for (TensorProto constant : constants) {
      graph.initializer(constant);
    }
    return graph.node("MatMul", "x w -> y").build();
  }

  private static TensorProto external(String name, long offset, long length, long... dims) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(DataType.FLOAT_VALUE)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", "weights.bin"))
            .addExternalData(entry("offset", Long.toString(offset)))
            .addExternalData(entry("length", Long.toString(length)));
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    return tensor.build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}

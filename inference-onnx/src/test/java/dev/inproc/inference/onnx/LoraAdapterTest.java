package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.flatbuffers.FlatBufferBuilder;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoraAdapterTest {
  private static final float[] WEIGHTS = {1, 0, 0, 1};
  private static final float[] DOWN = {1, 2};
  private static final float[] UP = {10, 100};

  @TempDir Path directory;

  /** y = x·W + (x·A)·B, where A and B are zero unless an adapter overrides them. */
  private static byte[] model() {
    return new GraphBuilder("lora")
        .input("x", DataType.FLOAT_VALUE, "batch,2")
        .input("A", DataType.FLOAT_VALUE, "2,1")
        .input("B", DataType.FLOAT_VALUE, "1,2")
        .initializer("W", WEIGHTS, 2, 2)
        .initializer("A", new float[2], 2, 1)
        .initializer("B", new float[2], 1, 2)
        .node("MatMul", "x W -> plain")
        .node("MatMul", "x A -> down")
        .node("MatMul", "down B -> up")
        .node("Add", "plain up -> y")
        .output("y", DataType.FLOAT_VALUE, "batch,2")
        .build();
  }

  /** ONNX Runtime's adapter_schema.fbs: slots in the order of the schema, float is 1. */
  private Path adapter() throws IOException {
    FlatBufferBuilder flat = new FlatBufferBuilder();
    int down = parameter(flat, "A", new long[] {2, 1}, DOWN);
    int up = parameter(flat, "B", new long[] {1, 2}, UP);
    flat.startVector(4, 2, 4);
    flat.addOffset(up);
    flat.addOffset(down);
    int parameters = flat.endVector();
    flat.startTable(4);
    flat.addInt(0, 1, 0);
    flat.addInt(1, 1, 0);
    flat.addInt(2, 1, 0);
    flat.addOffset(3, parameters, 0);
    flat.finish(flat.endTable(), "TORT");
    return Files.write(directory.resolve("adapter.onnx_adapter"), flat.sizedByteArray());
  }

  private static int parameter(FlatBufferBuilder flat, String name, long[] dims, float[] values) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      raw.putFloat(value);
    }
    flat.startVector(1, raw.capacity(), 8);
    for (int i = raw.capacity() - 1; i >= 0; i--) {
      flat.addByte(raw.get(i));
    }
    int data = flat.endVector();
    flat.startVector(8, dims.length, 8);
    for (int i = dims.length - 1; i >= 0; i--) {
      flat.addLong(dims[i]);
    }
    int shape = flat.endVector();
    int text = flat.createString(name);
    flat.startTable(4);
    flat.addOffset(0, text, 0);
    flat.addOffset(1, shape, 0);
    flat.addInt(2, 1, 0);
    flat.addOffset(3, data, 0);
    return flat.endTable();
  }

  @Test
  void loraAdapter_givenOrNot_changesTheAnswerAsComputedByHand() throws IOException {
    ModelSource source = ModelSource.bytes("lora", model());
    Tensors input = Tensors.of("x", Tensor.of(3f, 4f));
    try (Session plain = new OnnxEngine().load(source)) {
      assertEquals(1, plain.signature().inputs().size());
      assertArrayEquals(new float[] {3, 4}, plain.predict(input).only().toFloats());
    }
    OnnxOptions options = OnnxOptions.builder().loraAdapter(adapter()).build();
    try (Session adapted = new OnnxEngine(options).load(source)) {
      // x·A = 3·1 + 4·2 = 11
      float[] expected = {3 + 110, 4 + 1100};
      assertArrayEquals(expected, adapted.predict(input).only().toFloats());
      for (Tensors answer : adapted.predictAll(List.of(input, input))) {
        assertArrayEquals(expected, answer.only().toFloats());
      }
    }
  }
}

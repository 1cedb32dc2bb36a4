package dev.inproc.inference.tf;

import static dev.inproc.inference.testing.Messages.assertSays;
import static dev.inproc.inference.tf.testing.GraphWriter.number;
import static dev.inproc.inference.tf.testing.GraphWriter.type;
import static dev.inproc.inference.tf.testing.GraphWriter.types;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.tf.testing.GraphWriter;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.BytesList;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;
import org.tensorflow.proto.Features;
import org.tensorflow.proto.FloatList;
import org.tensorflow.proto.TensorProto;

/** Strings that are bytes: what serving models of images and examples take. */
class BytesTest {
  private static final org.tensorflow.proto.DataType STRING =
      org.tensorflow.proto.DataType.DT_STRING;
  private static final org.tensorflow.proto.DataType FLOAT = org.tensorflow.proto.DataType.DT_FLOAT;
  private static final org.tensorflow.proto.DataType INT32 = org.tensorflow.proto.DataType.DT_INT32;
  private static final org.tensorflow.proto.DataType UINT8 = org.tensorflow.proto.DataType.DT_UINT8;
  private static final String GRIN = "\uD83D\uDE00";

  @TempDir Path directory;

  private Session load(GraphWriter model) {
    return new TensorFlowEngine().load(ModelSource.file(model.write(directory)));
  }

  @Test
  void identity_bytesAndText_comeBackInEveryMethod() {
    byte[] png = {(byte) 0x89, 'P', 'N', 'G', 0, (byte) 0xff, (byte) 0xd8};
    byte[] large = new byte[300_000];
    large[7] = (byte) 0xfe;
    Tensor mixed =
        Tensor.ofElements(Shape.of(5), new Object[] {png, "a" + GRIN, "nul\0", "", large});
    Tensor other = Tensor.of("1", "2", "3", "4", GRIN.repeat(20_000));
    try (Session session = load(SavedModels.identity(DataType.STRING));
        var batched = session.with(Batching.upTo(8))) {
      Tensors input = Tensors.of("x", mixed);
      Tensor answer = session.predict(input).only();
      assertEquals(mixed, answer);
      assertFalse(answer.isText(0));
      assertArrayEquals(png, answer.getBytes(0));
      assertEquals("a" + GRIN, answer.getString(1));
      assertThrows(IllegalStateException.class, () -> answer.getString(0));
      assertEquals(mixed, Await.value(session.submit(input)).only());
      List<Tensors> answers = session.predictAll(List.of(input, Tensors.of("x", other), input));
      assertEquals(mixed, answers.get(0).only());
      assertEquals(other, answers.get(1).only());
      assertEquals(mixed, answers.get(2).only());
      Tensor raw = mixed.reshape(Shape.of(1, 5));
      assertEquals(raw, session.runRaw(Tensors.of("x", raw)).only());
      CompletableFuture<Tensors> first = batched.submit(input);
      CompletableFuture<Tensors> second = batched.submit(Tensors.of("x", other));
      assertEquals(mixed, Await.value(first).only());
      assertEquals(other, Await.value(second).only());
    }
  }

  @Test
  void decodePng_ofEncodedBytes_givesThePixels() {
    GraphWriter model =
        new GraphWriter()
            .input("image", STRING)
            .node("DecodePng", "pixels", "image", number("channels", 3), type("dtype", UINT8))
            .node("EncodePng", "again", "pixels", type("T", UINT8))
            .describe("pixels", "pixels:0", UINT8, -1, -1, 3)
            .describe("again", "again:0", STRING)
            .signature("serving_default", "image", "pixels again");
    byte[] png = png(2, 1, new byte[] {(byte) 0xff, (byte) 0x80, 1, 0, 0x10, (byte) 0xfe});
    Tensor bytes = Tensor.ofBytes(Shape.scalar(), png);
    try (Session session = load(model)) {
      Tensors answer = session.predict(Tensors.of("image", bytes));
      Tensor pixels = answer.get("pixels");
      assertEquals(Shape.of(1, 2, 3), pixels.shape());
      assertArrayEquals(new int[] {0xff, 0x80, 1, 0, 0x10, 0xfe}, pixels.toInts());
      assertFalse(answer.get("again").isText(0));
      Tensors back = session.predict(Tensors.of("image", answer.get("again")));
      assertEquals(pixels, back.get("pixels"));
    }
  }

  /** A PNG file of 8-bit RGB pixels. */
  private static byte[] png(int width, int height, byte[] pixels) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
    header.put((byte) 8).put((byte) 2); // bits of a sample, RGB
    chunk(file, "IHDR", header.array());
    ByteArrayOutputStream rows = new ByteArrayOutputStream();
    for (int row = 0; row < height; row++) {
      rows.write(0); // no filter
      rows.write(pixels, row * width * 3, width * 3);
    }
    Deflater deflater = new Deflater();
    deflater.setInput(rows.toByteArray());
    deflater.finish();
    byte[] compressed = new byte[1 << 12];
    int length = deflater.deflate(compressed);
    deflater.end();
    chunk(file, "IDAT", Arrays.copyOf(compressed, length));
    chunk(file, "IEND", new byte[0]);
    return file.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream file, String type, byte[] data) {
    ByteBuffer chunk = ByteBuffer.allocate(12 + data.length).putInt(data.length);
    chunk.put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
    CRC32 sum = new CRC32();
    sum.update(chunk.array(), 4, 4 + data.length);
    file.writeBytes(chunk.putInt((int) sum.getValue()).array());
  }

  @Test
  void decodeRaw_inBatches_readsEachRowsOwnBytes() {
    GraphWriter model =
        new GraphWriter()
            .input("x", STRING, -1)
            .node("DecodeRaw", "y", "x", type("out_type", INT32))
            .describe("y", "y:0", INT32, -1, -1)
            .signature("serving_default", "x", "y");
    try (Session session = load(model)) {
      List<Tensors> inputs = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        ByteBuffer numbers = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        numbers.putInt(-1 - i).putInt(i * 0x01010101);
        inputs.add(Tensors.of("x", Tensor.ofBytes(Shape.scalar(), numbers.array())));
      }
      List<Tensors> answers = session.predictAll(inputs);
      for (int i = 0; i < 10; i++) {
        assertArrayEquals(
            new int[] {-1 - i, i * 0x01010101}, answers.get(i).only().toInts(), "row " + i);
        assertEquals(answers.get(i), session.predict(inputs.get(i)));
      }
    }
  }

  @Test
  void parseExample_ofSerializedExamples_givesTheirFeatures() {
    try (Session session = load(parser())) {
      List<Tensors> inputs = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        byte[] serialized = example(i + 0.5f, -i, new byte[] {(byte) (0xf0 + i), 0, 1});
        inputs.add(Tensors.of("examples", Tensor.ofBytes(Shape.scalar(), serialized)));
      }
      List<Tensors> answers = session.predictAll(inputs);
      for (int i = 0; i < 4; i++) {
        Tensors answer = answers.get(i);
        assertArrayEquals(new float[] {i + 0.5f, -i}, answer.get("floats").toFloats());
        assertArrayEquals(new byte[] {(byte) (0xf0 + i), 0, 1}, answer.get("blob").getBytes(0));
        assertEquals(answer, Await.value(session.submit(inputs.get(i))));
      }
    }
  }

  private static byte[] example(float first, float second, byte[] blob) {
    return Example.newBuilder()
        .setFeatures(
            Features.newBuilder()
                .putFeature(
                    "f",
                    Feature.newBuilder()
                        .setFloatList(FloatList.newBuilder().addValue(first).addValue(second))
                        .build())
                .putFeature(
                    "b",
                    Feature.newBuilder()
                        .setBytesList(BytesList.newBuilder().addValue(ByteString.copyFrom(blob)))
                        .build()))
        .build()
        .toByteArray();
  }

  private static TensorProto strings(String... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setDtype(STRING)
            .setTensorShape(GraphWriter.shapeOf(values.length));
    for (String value : values) {
      tensor.addStringVal(ByteString.copyFromUtf8(value));
    }
    return tensor.build();
  }

  private static GraphWriter parser() {
    AttrValue.Builder shapes = AttrValue.newBuilder();
    shapes.getListBuilder().addShape(GraphWriter.shapeOf(1)).addShape(GraphWriter.shapeOf(2));
    TensorProto noString =
        TensorProto.newBuilder().setDtype(STRING).setTensorShape(GraphWriter.shapeOf(0)).build();
    TensorProto noFloat =
        TensorProto.newBuilder().setDtype(FLOAT).setTensorShape(GraphWriter.shapeOf(0)).build();
    return new GraphWriter()
        .input("examples", STRING, -1)
        .node("Const", "none", "", type("dtype", STRING), GraphWriter.value(noString))
        .node("Const", "keys", "", type("dtype", STRING), GraphWriter.value(strings("b", "f")))
        .node("Const", "noFloat", "", type("dtype", FLOAT), GraphWriter.value(noFloat))
        .node(
            "ParseExampleV2",
            "parsed",
            "examples none none keys none none noFloat",
            types("Tdense", STRING, FLOAT),
            number("num_sparse", 0),
            types("sparse_types"),
            types("ragged_value_types"),
            types("ragged_split_types"),
            new GraphWriter.Attr("dense_shapes", shapes.build()))
        .describe("blob", "parsed:0", STRING, -1, 1)
        .describe("floats", "parsed:1", FLOAT, -1, 2)
        .signature("serving_default", "examples", "blob floats");
  }

  @Test
  void text_withAnUnpairedSurrogate_isRefusedByEveryMethod() {
    try (Session session = load(SavedModels.identity(DataType.STRING))) {
      Tensors bad = Tensors.of("x", Tensor.of("fine", "\uDE00"));
      InvalidInputException refused =
          assertThrows(InvalidInputException.class, () -> session.predict(bad));
      assertSays(refused, "Input \"x\"", "element 1", "U+DE00");
      assertTrue(Await.failure(session.submit(bad)) instanceof InvalidInputException);
      Tensors raw = Tensors.of("x", bad.only().reshape(Shape.of(1, 2)));
      assertThrows(InvalidInputException.class, () -> session.runRaw(raw));
    }
  }

  @Test
  void names_beyondTheBasicPlane_areServed() {
    GraphWriter model =
        new GraphWriter()
            .input("x", FLOAT, -1, 2)
            .node("Neg", "y", "x", type("T", FLOAT))
            .describe("in" + GRIN, "x:0", FLOAT, -1, 2)
            .describe("out" + GRIN, "y:0", FLOAT, -1, 2)
            .signature("serve " + GRIN, "in" + GRIN, "out" + GRIN);
    TensorFlowOptions options = TensorFlowOptions.builder().signature("serve " + GRIN).build();
    ModelSource source = ModelSource.file(model.write(directory.resolve("m " + GRIN)));
    try (Session session = new TensorFlowEngine(options).load(source)) {
      Tensors answer = session.predict(Tensors.of("in" + GRIN, Tensor.of(1f, -2f)));
      assertEquals(Tensor.of(-1f, 2f), answer.get("out" + GRIN));
    }
  }

  @Test
  void outputWithoutACounterpart_isLeftOutAndSaidWhenAsked() {
    org.tensorflow.proto.DataType complex = org.tensorflow.proto.DataType.DT_COMPLEX64;
    GraphWriter model =
        new GraphWriter()
            .input("x", FLOAT, -1, 2)
            .node("Neg", "y", "x", type("T", FLOAT))
            .node("Complex", "z", "x y", type("T", FLOAT), type("Tout", complex))
            .describe("y", "y:0", FLOAT, -1, 2)
            .describe("z", "z:0", complex, -1, 2)
            .signature("serving_default", "x", "y z")
            .signature("complex", "x", "z");
    try (Session session = load(model)) {
      assertEquals(
          List.of("y"), session.signature().outputs().stream().map(TensorSpec::name).toList());
      Tensors row = Tensors.of("x", Tensor.of(1f, 2f));
      assertEquals(Tensor.of(-1f, -2f), session.predict(row).only());
      assertEquals(Tensor.of(-1f, -2f), session.outputs("y").predict(row).only());
      assertSays(
          assertThrows(IllegalArgumentException.class, () -> session.outputs("z")),
          "Output \"z\" cannot be read",
          "COMPLEX64");
    }
    TensorFlowOptions options = TensorFlowOptions.builder().signature("complex").build();
    ModelSource source = ModelSource.file(directory);
    assertSays(
        assertThrows(
            ModelLoadException.class, () -> new TensorFlowEngine(options).load(source).close()),
        "no output can be read",
        "COMPLEX64");
  }
}

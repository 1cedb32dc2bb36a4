package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Padding and cutting for every type over two variable axes around a fixed one: the model sees each
 * element at its place and the pad value elsewhere, and what comes back is cut to what went in.
 */
class CollationTest {
  private static final double PAD = 3;

  /** {@code x[batch, H, 2, W] -> y[batch, H, 2, W]}: the identity; y is foretold unless strings. */
  private static Signature signature(DataType type) {
    long[] dims = {-1, -1, 2, -1};
    return new Signature(
        List.of(TensorSpec.of("x", type, dims, "batch", "H", null, "W")),
        List.of(TensorSpec.of("y", type, dims, "batch", "H", null, "W")));
  }

  /** An element that tells its example and its place, as far as the type can. */
  private static Tensor example(DataType type, int number, long height, long width) {
    Shape shape = Shape.of(height, 2, width);
    int count = (int) shape.elements();
    if (type == DataType.STRING) {
      String[] texts = new String[count];
      Arrays.setAll(texts, i -> number + ":" + i);
      return Tensor.of(shape, texts);
    }
    return Tensor.fill(
        type,
        shape,
        bytes -> {
          SplittableRandom random = new SplittableRandom(number);
          while (bytes.hasRemaining()) {
            bytes.put((byte) (type == DataType.BOOL ? random.nextInt(2) : random.nextInt()));
          }
        });
  }

  private static Object element(Tensor tensor, int index) {
    if (tensor.type() == DataType.STRING) {
      return tensor.getString(index);
    }
    int size = tensor.type().byteSize();
    byte[] bytes = tensor.toBytes();
    return Arrays.toString(Arrays.copyOfRange(bytes, index * size, (index + 1) * size));
  }

  private static Object padElement(DataType type) {
    Shape one = Shape.of(1);
    return switch (type) {
      case FLOAT32 -> element(Tensor.of(3f), 0);
      case FLOAT64 -> element(Tensor.of(one, 3d), 0);
      case FLOAT16 -> element(Tensor.ofFloat16(one, 3f), 0);
      case BFLOAT16 -> element(Tensor.ofBfloat16(one, 3f), 0);
      case INT8, UINT8 -> element(Tensor.of(one, (byte) 3), 0);
      case INT16, UINT16 -> element(Tensor.of(one, (short) 3), 0);
      case INT32, UINT32 -> element(Tensor.of(3), 0);
      case INT64, UINT64 -> element(Tensor.of(3L), 0);
      case BOOL -> element(Tensor.of(one, true), 0);
      case STRING -> "";
      case SEQUENCE -> throw new IllegalArgumentException("no model is given a sequence");
    };
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SEQUENCE") // no input is one
  void batch_ofDifferentSizes_isPaddedAndCutApart(DataType type) {
    AtomicReference<@Nullable Tensor> seen = new AtomicReference<>();
    ScriptedModel model =
        new ScriptedModel(
            signature(type),
            in -> {
              seen.set(in.get("x"));
              return Tensors.of("y", in.get("x"));
            });
    SessionOptions options = SessionOptions.builder().pad("x", PAD).build();
    long[][] sizes = {{9, 10}, {10, 9}, {10, 10}, {9, 9}, {10, 10}};
    try (Fixture f = new Fixture(options, model)) {
      f.session.runRaw(Tensors.of("x", dirty(type))); // the buffers hold another run's data
      List<Tensors> examples = new ArrayList<>();
      for (int i = 0; i < sizes.length; i++) {
        examples.add(Tensors.of("x", example(type, i, sizes[i][0], sizes[i][1])));
      }
      // In one run, whatever the plan would be: this is about places, not about cost.
      Tensors[] answers =
          f.session
              .runner()
              .run(examples.toArray(Tensors[]::new), sizes, new long[] {10, 10}, null, null);
      Tensor whole = seen.get();
      for (int i = 0; i < sizes.length; i++) {
        assertEquals(examples.get(i).only(), answers[i].only(), "example " + i);
        checkPlaces(examples.get(i).only(), whole, i);
      }
    }
  }

  private static Tensor dirty(DataType type) {
    return example(type, 99, 50, 10).reshape(Shape.of(5, 10, 2, 10));
  }

  private static void checkPlaces(Tensor example, @Nullable Tensor whole, int row) {
    assertTrue(whole != null && whole.shape().equals(Shape.of(5, 10, 2, 10)));
    Object pad = padElement(example.type());
    long height = example.shape().dim(0);
    long width = example.shape().dim(2);
    for (int h = 0; h < 10; h++) {
      for (int c = 0; c < 2; c++) {
        for (int w = 0; w < 10; w++) {
          int at = ((row * 10 + h) * 2 + c) * 10 + w;
          Object expected =
              h < height && w < width ? element(example, (int) ((h * 2 + c) * width + w)) : pad;
          assertEquals(expected, element(whole, at), "row " + row + ", " + h + "," + c + "," + w);
        }
      }
    }
  }
}

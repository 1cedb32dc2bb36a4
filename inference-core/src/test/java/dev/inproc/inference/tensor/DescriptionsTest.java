package dev.inproc.inference.tensor;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Shape, Tensors, TensorSpec and Signature. */
class DescriptionsTest {
  private static final Tensor ONE = Tensor.of(1f);
  private static final Tensor TWO = Tensor.of(2f);

  @Test
  void shape_elements_areTheProduct() {
    assertEquals(24, Shape.of(2, 3, 4).elements());
    assertEquals(1, Shape.of().elements());
    assertSame(Shape.scalar(), Shape.of());
    assertEquals(0, Shape.of(0, Long.MAX_VALUE, Long.MAX_VALUE).elements());
    assertEquals(Long.MAX_VALUE, Shape.of(Long.MAX_VALUE, 1).elements());
  }

  @Test
  void shape_tooLargeOrNegative_isRefused() {
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> Shape.of(1L << 32, 1L << 31)),
        "too large",
        "[4294967296, 2147483648]");
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -1)),
        "Negative dimension in shape [2, -1]");
    assertThrows(IllegalArgumentException.class, () -> Shape.of(Long.MAX_VALUE).prepend(2));
  }

  @Test
  void shape_arrays_areCopies() {
    long[] dims = {2, 3};
    Shape shape = Shape.of(dims);
    dims[0] = 9;
    shape.dims()[1] = 9;
    assertEquals("[2, 3]", shape.toString());
    assertEquals(Shape.of(4, 2, 3), shape.prepend(4));
    assertEquals(shape, shape.prepend(4).dropFirst());
    assertSame(Shape.scalar(), Shape.of(5).dropFirst());
    assertThrows(IllegalStateException.class, () -> Shape.scalar().dropFirst());
    assertNotEquals(Shape.of(2, 3), Shape.of(3, 2));
  }

  @Test
  void tensors_lookUps_findByNameAndPosition() {
    Tensors tensors = Tensors.of("a", ONE, "b", TWO);
    assertSame(TWO, tensors.get("b"));
    assertSame(ONE, tensors.at(0));
    assertNull(tensors.find("c"));
    assertEquals(List.of("a", "b"), tensors.names());
    assertEquals(List.of("a", "b"), List.copyOf(tensors.asMap().keySet()));
    assertSame(ONE, Tensors.of("a", ONE).only());
    assertEquals("{a: FLOAT32[1], b: FLOAT32[1]}", tensors.toString());
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> tensors.get("c")),
        "No tensor named \"c\"; there are [a, b]");
    assertSays(assertThrows(IllegalStateException.class, tensors::only), "[a, b]");
    assertThrows(UnsupportedOperationException.class, () -> tensors.asMap().remove("a"));
  }

  @Test
  void tensors_badLists_areRefused() {
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> Tensors.of("a", ONE, "a", TWO)),
        "\"a\" occurs twice");
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> Tensors.of(List.of("a"), ONE, TWO)),
        "1 names, 2 tensors");
    assertThrows(NullPointerException.class, () -> Tensors.of("a", nothing()));
  }

  @SuppressWarnings("NullAway") // a hostile caller
  private static Tensor nothing() {
    return null;
  }

  @Test
  void tensors_copies_areIndependent() {
    Map<String, Tensor> map = new LinkedHashMap<>();
    map.put("b", TWO);
    map.put("a", ONE);
    Tensors tensors = Tensors.copyOf(map);
    map.clear();
    assertEquals(Tensors.of("b", TWO, "a", ONE), tensors);
    assertNotEquals(Tensors.of("a", ONE, "b", TWO), tensors, "order counts");
    Tensor[] values = {ONE};
    Tensors one = Tensors.of(List.of("a"), values);
    values[0] = TWO;
    assertSame(ONE, one.only());
  }

  @Test
  void spec_accepts_ranksAndFixedDimensions() {
    TensorSpec spec = TensorSpec.of("x", DataType.FLOAT32, new long[] {-1, 3}, "batch", null);
    assertTrue(spec.accepts(Shape.of(7, 3)));
    assertTrue(spec.accepts(Shape.of(0, 3)));
    assertFalse(spec.accepts(Shape.of(7, 4)));
    assertFalse(spec.accepts(Shape.of(7)));
    assertFalse(spec.accepts(Shape.of(7, 3, 1)));
    assertTrue(TensorSpec.unknownRank("x", DataType.FLOAT32).accepts(Shape.of(1, 2, 3)));
  }

  @Test
  void spec_text_isAsAUserWritesIt() {
    assertEquals(
        "x FLOAT32[batch, ?, 3]",
        TensorSpec.of("x", DataType.FLOAT32, new long[] {-1, -1, 3}, "batch", null, "ignored")
            .toString());
    assertEquals("y INT64[...]", TensorSpec.unknownRank("y", DataType.INT64).toString());
    assertEquals("z BOOL[]", TensorSpec.fixed("z", DataType.BOOL).toString());
  }

  @Test
  void spec_misuses_areRefused() {
    assertSays(
        assertThrows(
            IllegalArgumentException.class,
            () -> TensorSpec.of("x", DataType.INT8, new long[] {1, 2}, "a")),
        "x: 2 dimensions but 1 symbols");
    assertThrows(IllegalArgumentException.class, () -> TensorSpec.fixed("x", DataType.INT8, -2));
    TensorSpec unknown = TensorSpec.unknownRank("x", DataType.INT8);
    assertSays(assertThrows(IllegalStateException.class, unknown::rank), "rank of x is unknown");
    assertThrows(IllegalStateException.class, unknown::dropFirst);
    assertThrows(IllegalStateException.class, TensorSpec.fixed("x", DataType.INT8)::dropFirst);
  }

  @Test
  void signature_lookUps_listWhatThereIs() {
    TensorSpec x = TensorSpec.fixed("x", DataType.FLOAT32, 2);
    TensorSpec y = TensorSpec.fixed("y", DataType.FLOAT32, 1);
    Signature signature = new Signature(List.of(x), List.of(y));
    assertSame(x, signature.input("x"));
    assertSame(y, signature.output("y"));
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> signature.input("y")),
        "No input named \"y\"; the model has [x]");
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> signature.output("x")),
        "No output named \"x\"; the model has [y]");
    assertEquals("(x FLOAT32[2]) -> (y FLOAT32[1])", signature.toString());
  }

  @Test
  void readRows_givesWhatReadGives() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(48).order(ByteOrder.nativeOrder());
    for (int i = 0; i < 48; i++) {
      buffer.put(i, (byte) (i * 37));
    }
    assertRows(buffer, DataType.FLOAT32, Shape.of(1), 4);
    assertRows(buffer, DataType.FLOAT32, Shape.of(2, 2), 16);
    assertRows(buffer, DataType.INT64, Shape.scalar(), 8);
    assertRows(buffer, DataType.FLOAT16, Shape.of(3), 6);
    assertRows(buffer, DataType.UINT8, Shape.of(0), 0);
    assertEquals(0, Tensors.readRows("y", DataType.INT8, Shape.of(1), buffer, 0).length);
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Tensors.readRows("y", DataType.FLOAT32, Shape.of(1), buffer, 13));
    assertThrows(
        IllegalArgumentException.class,
        () -> Tensors.readRows("y", DataType.STRING, Shape.of(1), buffer, 1));
  }

  private static void assertRows(ByteBuffer buffer, DataType type, Shape shape, int rowBytes) {
    Tensors[] rows = Tensors.readRows("y", type, shape, buffer, 3);
    for (int i = 0; i < rows.length; i++) {
      Tensors expected = Tensors.of("y", Tensor.read(type, shape, buffer, i * rowBytes));
      assertEquals(expected, rows[i]);
      byte[] bytes = new byte[rowBytes];
      buffer.get(i * rowBytes, bytes);
      assertArrayEquals(bytes, rows[i].only().toBytes());
    }
  }

  @Test
  void at_outOfRange_isRefused() {
    assertThrows(IndexOutOfBoundsException.class, () -> Tensors.of("a", ONE).at(1));
    assertThrows(IndexOutOfBoundsException.class, () -> Tensors.of("a", ONE).at(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> Tensors.of("a", ONE, "b", TWO).at(2));
  }
}

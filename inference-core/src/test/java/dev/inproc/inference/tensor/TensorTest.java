package dev.inproc.inference.tensor;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TensorTest {
  private static final Shape TWO = Shape.of(2);

  @Test
  void factories_eachType_readBackWhatWasGiven() {
    assertArrayEquals(new float[] {1, -2}, Tensor.of(1f, -2f).toFloats());
    assertArrayEquals(new long[] {1, -2}, Tensor.of(1L, -2L).toLongs());
    assertArrayEquals(new double[] {1, -2}, Tensor.of(TWO, 1d, -2d).toDoubles());
    assertArrayEquals(new int[] {1, -2}, Tensor.of(TWO, 1, -2).toInts());
    assertArrayEquals(new short[] {1, -2}, Tensor.of(TWO, (short) 1, (short) -2).toShorts());
    assertArrayEquals(new byte[] {1, -2}, Tensor.of(TWO, (byte) 1, (byte) -2).toBytes());
    assertArrayEquals(new boolean[] {true, false}, Tensor.of(TWO, true, false).toBooleans());
    assertEquals(List.of("a", ""), Tensor.of(TWO, "a", "").toStrings());
    assertArrayEquals(new float[] {0.5f, 2}, Tensor.ofFloat16(TWO, 0.5f, 2).toFloats());
    assertArrayEquals(new float[] {0.5f, 2}, Tensor.ofBfloat16(TWO, 0.5f, 2).toFloats());
    assertEquals(254, Tensor.ofUint8(TWO, (byte) 1, (byte) -2).getLong(1));
  }

  @Test
  void elements_read_byRowMajorIndex() {
    assertEquals(3f, Tensor.of(Shape.of(2, 2), 1f, 2f, 3f, 4f).getFloat(2));
    assertEquals(-2, Tensor.of(TWO, 1d, -2d).getDouble(1));
    assertEquals(-2, Tensor.of(TWO, (byte) 1, (byte) -2).getLong(1));
    assertEquals(-2, Tensor.of(TWO, (short) 1, (short) -2).getLong(1));
    assertEquals(-2, Tensor.of(TWO, 1, -2).getLong(1));
    assertEquals(1, Tensor.of(TWO, true, false).getLong(0));
    assertEquals("b", Tensor.of(TWO, "a", "b").getString(1));
    assertEquals(0.5f, Tensor.ofBfloat16(TWO, 0.5f, 2).getFloat(0));
    assertThrows(IndexOutOfBoundsException.class, () -> Tensor.of(1f).getFloat(1));
    assertThrows(IndexOutOfBoundsException.class, () -> Tensor.of(1f).getFloat(-1));
  }

  @Test
  void arrays_changedAfterwards_leaveTheTensor() {
    float[] floats = {1, 2};
    byte[] bytes = {1, 2};
    String[] strings = {"a", "b"};
    Tensor tensor = Tensor.of(floats);
    Tensor small = Tensor.of(TWO, bytes);
    Tensor text = Tensor.of(TWO, strings);
    floats[0] = 9;
    bytes[0] = 9;
    strings[0] = "z";
    tensor.toFloats()[1] = 9;
    tensor.toBytes()[0] = 9;
    small.toBytes()[1] = 9;
    assertThrows(UnsupportedOperationException.class, () -> text.toStrings().set(0, "z"));
    assertEquals(Tensor.of(1f, 2f), tensor);
    assertEquals(Tensor.of(TWO, (byte) 1, (byte) 2), small);
    assertEquals(List.of("a", "b"), text.toStrings());
  }

  @Test
  void reads_ofAnotherType_sayBoth() {
    Tensor longs = Tensor.of(1L, 2L);
    Tensor text = Tensor.of(TWO, "a", "b");
    List<Consumer<Tensor>> wrong =
        List.of(
            Tensor::toFloats,
            Tensor::toDoubles,
            Tensor::toInts,
            Tensor::toShorts,
            Tensor::toBooleans,
            Tensor::toStrings,
            t -> t.getFloat(0),
            t -> t.getDouble(0),
            t -> t.getString(0));
    for (Consumer<Tensor> read : wrong) {
      assertSays(
          assertThrows(IllegalStateException.class, () -> read.accept(longs)),
          "Expected ",
          "the tensor is INT64[2]");
    }
    assertThrows(IllegalStateException.class, text::toBytes);
    assertThrows(IllegalStateException.class, text::toLongs);
    assertThrows(IllegalStateException.class, () -> text.getLong(0));
    assertThrows(
        IllegalStateException.class, () -> text.copyBytes(0, 1, ByteBuffer.allocate(8), 0));
  }

  @Test
  void counts_thatDiffer_areRefused() {
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> Tensor.of(Shape.of(2, 3), new float[5])),
        "Shape [2, 3] has 6 elements, got 5");
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(TWO, "a"));
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(TWO, new byte[3]));
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(1f).reshape(TWO));
  }

  @Test
  void sizes_beyondAnArray_areRefusedBeforeAllocating() {
    for (Shape huge : List.of(Shape.of(1L << 62), Shape.of(1 << 29, 1), Shape.of(1L << 31))) {
      assertSays(
          assertThrows(
              IllegalArgumentException.class,
              () -> Tensor.fill(DataType.FLOAT32, huge, bytes -> {})),
          "FLOAT32" + huge,
          "2147483639 bytes");
    }
    assertThrows(
        IllegalArgumentException.class, () -> Tensor.fill(DataType.STRING, TWO, bytes -> {}));
  }

  @Test
  void nullStrings_areRefused() {
    assertSays(
        assertThrows(NullPointerException.class, () -> Tensor.of(TWO, withNull())), "string 1");
  }

  @SuppressWarnings("NullAway") // a hostile caller
  private static String[] withNull() {
    return new String[] {"a", null};
  }

  @Test
  void emptyTensor_isFine() {
    Tensor empty = Tensor.of(Shape.of(0, 3), new float[0]);
    assertEquals(0, empty.elements());
    assertEquals(0, empty.byteSize());
    assertEquals(1, Tensor.of(Shape.scalar(), 7L).elements());
  }

  @Test
  void fillAndRead_useNativeOrderAndAbsolutePositions() {
    Tensor filled = Tensor.fill(DataType.INT32, TWO, b -> b.putInt(7).putInt(-1));
    assertArrayEquals(new int[] {7, -1}, filled.toInts());
    ByteBuffer buffer = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
    buffer.position(3).limit(5);
    buffer.clear();
    filled.copyBytes(0, 8, buffer, 4);
    assertEquals(0, buffer.position());
    assertEquals(filled, Tensor.read(DataType.INT32, TWO, buffer, 4));
    filled.copyBytes(4, 4, buffer, 4);
    assertEquals(-1, buffer.getInt(4));
    assertThrows(
        IndexOutOfBoundsException.class, () -> Tensor.read(DataType.INT32, TWO, buffer, 12));
    assertThrows(IndexOutOfBoundsException.class, () -> filled.copyBytes(4, 5, buffer, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> filled.copyBytes(0, 8, buffer, 12));
  }

  @Test
  void equality_isBitByBit() {
    assertEquals(Tensor.of(Float.NaN), Tensor.of(Float.NaN));
    assertNotEquals(Tensor.of(0f), Tensor.of(-0f));
    assertNotEquals(Tensor.of(1f), Tensor.of(Shape.of(1, 1), 1f));
    assertNotEquals(Tensor.of(TWO, (byte) 1, (byte) 2), Tensor.ofUint8(TWO, (byte) 1, (byte) 2));
    assertEquals(Tensor.of(1f).hashCode(), Tensor.of(1f).hashCode());
    assertEquals(Tensor.of(Shape.of(1, 2), 1f, 2f), Tensor.of(1f, 2f).reshape(Shape.of(1, 2)));
    assertEquals("FLOAT32[1, 2]", Tensor.of(Shape.of(1, 2), 1f, 2f).toString());
    assertEquals(6, Tensor.of(TWO, "ab", "c").byteSize());
  }
}

package dev.inproc.inference.tensor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * An immutable tensor on the Java heap: a type, a shape, and elements in row-major order. There is
 * nothing to close, and any number of threads may share one: every factory copies what it is given,
 * every read copies out.
 *
 * <p>Numbers are kept as bytes in the machine's order, the very bytes an engine takes, so that
 * gathering a batch is a copy of memory whatever the type. A tensor therefore holds at most 2^31 -
 * 9 bytes. Reading as another type than the tensor's own is an {@link IllegalStateException}, with
 * one exception: 16-bit floats are read as {@code float}.
 */
public final class Tensor {
  private static final long MAX_BYTES = Integer.MAX_VALUE - 8L; // the largest array of common JVMs
  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.nativeOrder());
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT_VALUE =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final int SMALL = 32; // up to here a loop is faster than a buffer's bulk copy

  private final DataType type;
  private final Shape shape;
  private final Object data; // byte[], or String[] for strings

  private Tensor(DataType type, Shape shape, Object data) {
    this.type = type;
    this.shape = shape;
    this.data = data;
  }

  private byte[] bytes() {
    return (byte[]) data;
  }

  private String[] strings() {
    return (String[]) data;
  }

  // ---- making one ----

  /** Returns a FLOAT32 vector. */
  public static Tensor of(float... values) {
    return of(Shape.of(values.length), values);
  }

  /** Returns an INT64 vector. */
  public static Tensor of(long... values) {
    return of(Shape.of(values.length), values);
  }

  /** Returns a FLOAT32 tensor. */
  public static Tensor of(Shape shape, float... values) {
    Tensor tensor = allocate(DataType.FLOAT32, shape, values.length);
    if (values.length <= SMALL) {
      for (int i = 0; i < values.length; i++) {
        FLOATS.set(tensor.bytes(), i * Float.BYTES, values[i]);
      }
    } else {
      tensor.view().asFloatBuffer().put(values);
    }
    return tensor;
  }

  /** Returns a FLOAT64 tensor. */
  public static Tensor of(Shape shape, double... values) {
    Tensor tensor = allocate(DataType.FLOAT64, shape, values.length);
    tensor.view().asDoubleBuffer().put(values);
    return tensor;
  }

  /** Returns an INT64 tensor. */
  public static Tensor of(Shape shape, long... values) {
    Tensor tensor = allocate(DataType.INT64, shape, values.length);
    tensor.view().asLongBuffer().put(values);
    return tensor;
  }

  /** Returns an INT32 tensor. */
  public static Tensor of(Shape shape, int... values) {
    Tensor tensor = allocate(DataType.INT32, shape, values.length);
    tensor.view().asIntBuffer().put(values);
    return tensor;
  }

  /** Returns an INT16 tensor. */
  public static Tensor of(Shape shape, short... values) {
    Tensor tensor = allocate(DataType.INT16, shape, values.length);
    tensor.view().asShortBuffer().put(values);
    return tensor;
  }

  /** Returns an INT8 tensor; see {@link #ofUint8} for unsigned bytes. */
  public static Tensor of(Shape shape, byte... values) {
    return new Tensor(DataType.INT8, shape, allocate(DataType.INT8, shape, values));
  }

  /** Returns a UINT8 tensor of these bytes, read as 0 to 255. */
  public static Tensor ofUint8(Shape shape, byte... values) {
    return new Tensor(DataType.UINT8, shape, allocate(DataType.UINT8, shape, values));
  }

  /** Returns a BOOL tensor. */
  public static Tensor of(Shape shape, boolean... values) {
    Tensor tensor = allocate(DataType.BOOL, shape, values.length);
    for (int i = 0; i < values.length; i++) {
      tensor.bytes()[i] = (byte) (values[i] ? 1 : 0);
    }
    return tensor;
  }

  /** Returns a STRING tensor; no element is null. */
  public static Tensor of(Shape shape, String... values) {
    checkCount(DataType.STRING, shape, values.length);
    String[] copy = values.clone();
    for (int i = 0; i < copy.length; i++) {
      Objects.requireNonNull(copy[i], "string " + i);
    }
    return new Tensor(DataType.STRING, shape, copy);
  }

  /** Returns a FLOAT16 tensor of these values, each rounded to nearest, ties to even. */
  public static Tensor ofFloat16(Shape shape, float... values) {
    Tensor tensor = allocate(DataType.FLOAT16, shape, values.length);
    ByteBuffer view = tensor.view();
    for (float value : values) {
      view.putShort(HalfPrecision.floatToFloat16(value));
    }
    return tensor;
  }

  /** Returns a BFLOAT16 tensor of these values, each rounded to nearest, ties to even. */
  public static Tensor ofBfloat16(Shape shape, float... values) {
    Tensor tensor = allocate(DataType.BFLOAT16, shape, values.length);
    ByteBuffer view = tensor.view();
    for (float value : values) {
      view.putShort(HalfPrecision.floatToBfloat16(value));
    }
    return tensor;
  }

  /**
   * Returns a tensor whose bytes the filler writes in place, saving a copy. The buffer has the
   * machine's byte order, starts zeroed, and must not be kept: writes after the filler returns
   * would break immutability.
   *
   * @throws IllegalArgumentException for {@link DataType#STRING}, or if the tensor is too large
   */
  public static Tensor fill(DataType type, Shape shape, Consumer<ByteBuffer> filler) {
    Tensor tensor = allocate(type, shape, shape.elements());
    filler.accept(tensor.view());
    return tensor;
  }

  /**
   * Returns a tensor copied from a buffer in the machine's byte order, from an absolute position;
   * the buffer's own position and limit play no part.
   *
   * @throws IndexOutOfBoundsException if the buffer holds too few bytes
   */
  public static Tensor read(DataType type, Shape shape, ByteBuffer source, int position) {
    Tensor tensor = allocate(type, shape, shape.elements());
    source.get(position, tensor.bytes());
    return tensor;
  }

  private static Tensor allocate(DataType type, Shape shape, long count) {
    if (type == DataType.STRING) {
      throw new IllegalArgumentException("A STRING tensor has no bytes; use of(Shape, String...)");
    }
    checkCount(type, shape, count);
    return new Tensor(type, shape, new byte[(int) (count * type.byteSize())]);
  }

  private static byte[] allocate(DataType type, Shape shape, byte[] values) {
    checkCount(type, shape, values.length);
    return values.clone();
  }

  private static void checkCount(DataType type, Shape shape, long count) {
    if (shape.elements() != count) {
      throw new IllegalArgumentException(
          "Shape " + shape + " has " + shape.elements() + " elements, got " + count);
    }
    // A division would cost more than the rest of making a small tensor.
    if (count > MAX_BYTES || count * type.byteSize() > MAX_BYTES) {
      throw new IllegalArgumentException(
          type + "" + shape + " needs more than the " + MAX_BYTES + " bytes a tensor can hold");
    }
  }

  // ---- what it is ----

  /** Returns the type of the elements. */
  public DataType type() {
    return type;
  }

  /** Returns the dimensions. */
  public Shape shape() {
    return shape;
  }

  /** Returns the number of elements. */
  public int elements() {
    return (int) shape.elements();
  }

  /** Returns the bytes of the elements; for strings an estimate of two bytes a character. */
  public long byteSize() {
    if (type != DataType.STRING) {
      return bytes().length;
    }
    long size = 0;
    for (String string : strings()) {
      size += 2L * string.length();
    }
    return size;
  }

  /**
   * Returns the same elements under another shape, without copying.
   *
   * @throws IllegalArgumentException if the number of elements differs
   */
  public Tensor reshape(Shape other) {
    checkCount(type, other, shape.elements());
    return new Tensor(type, other, data);
  }

  // ---- reading ----

  /** Returns a FLOAT32, FLOAT16 or BFLOAT16 tensor's elements as a new array. */
  public float[] toFloats() {
    float[] values = new float[elements()];
    if (type == DataType.FLOAT32 && values.length <= SMALL) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) FLOATS.get(bytes(), i * Float.BYTES);
      }
    } else if (type == DataType.FLOAT32) {
      view().asFloatBuffer().get(values);
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = getFloat(i);
      }
    }
    return values;
  }

  /** Returns a FLOAT64 tensor's elements as a new array. */
  public double[] toDoubles() {
    expect(DataType.FLOAT64);
    double[] values = new double[elements()];
    view().asDoubleBuffer().get(values);
    return values;
  }

  /** Returns an INT64 tensor's elements as a new array. */
  public long[] toLongs() {
    expect(DataType.INT64);
    long[] values = new long[elements()];
    view().asLongBuffer().get(values);
    return values;
  }

  /** Returns an INT32 tensor's elements as a new array. */
  public int[] toInts() {
    expect(DataType.INT32);
    int[] values = new int[elements()];
    view().asIntBuffer().get(values);
    return values;
  }

  /** Returns an INT16 tensor's elements as a new array. */
  public short[] toShorts() {
    expect(DataType.INT16);
    short[] values = new short[elements()];
    view().asShortBuffer().get(values);
    return values;
  }

  /**
   * Returns the elements' bytes in the machine's order, whatever the type but STRING, as a copy.
   */
  public byte[] toBytes() {
    return numeric().clone();
  }

  /** Returns a BOOL tensor's elements as a new array. */
  public boolean[] toBooleans() {
    expect(DataType.BOOL);
    boolean[] values = new boolean[bytes().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes()[i] != 0;
    }
    return values;
  }

  /** Returns a STRING tensor's elements, unmodifiable. */
  public List<String> toStrings() {
    expect(DataType.STRING);
    return List.of(strings());
  }

  /** Returns one element of a FLOAT32, FLOAT16 or BFLOAT16 tensor by its row-major index. */
  public float getFloat(int index) {
    return switch (type) {
      case FLOAT32 -> view().getFloat(offset(index));
      case FLOAT16 -> HalfPrecision.float16ToFloat(view().getShort(offset(index)));
      case BFLOAT16 -> HalfPrecision.bfloat16ToFloat(view().getShort(offset(index)));
      default -> throw mismatch("FLOAT32, FLOAT16 or BFLOAT16");
    };
  }

  /** Returns one element of a FLOAT64 tensor by its row-major index. */
  public double getDouble(int index) {
    expect(DataType.FLOAT64);
    return view().getDouble(offset(index));
  }

  /** Returns one element of any integer or BOOL tensor by its row-major index. */
  public long getLong(int index) {
    return switch (type) {
      case INT64 -> view().getLong(offset(index));
      case INT32 -> view().getInt(offset(index));
      case INT16 -> view().getShort(offset(index));
      case INT8 -> bytes()[offset(index)];
      case UINT8, BOOL -> bytes()[offset(index)] & 0xff;
      default -> throw mismatch("an integer type or BOOL");
    };
  }

  /** Returns one element of a STRING tensor by its row-major index. */
  public String getString(int index) {
    expect(DataType.STRING);
    return strings()[index];
  }

  /**
   * Copies a run of this tensor's bytes into a buffer at an absolute position; the buffer's own
   * position stays. For those who gather batches.
   *
   * @param from first byte to copy
   * @param length how many
   * @throws IndexOutOfBoundsException if either side is too short
   */
  public void copyBytes(int from, int length, ByteBuffer target, int position) {
    if (length == Float.BYTES && type != DataType.STRING) {
      INT_VALUE.set(target, position, (int) INTS.get(bytes(), from)); // a third of a bulk copy
    } else {
      target.put(position, numeric(), from, length);
    }
  }

  private ByteBuffer view() {
    return ByteBuffer.wrap(bytes()).order(ByteOrder.nativeOrder());
  }

  private int offset(int index) {
    return Objects.checkIndex(index, elements()) * type.byteSize();
  }

  private byte[] numeric() {
    if (type == DataType.STRING) {
      throw mismatch("a type with bytes");
    }
    return bytes();
  }

  private void expect(DataType expected) {
    if (type != expected) {
      throw mismatch(expected.toString());
    }
  }

  private IllegalStateException mismatch(String expected) {
    return new IllegalStateException("Expected " + expected + ", the tensor is " + this);
  }

  /** Compares type, shape and elements bit by bit: equal NaNs are equal, 0.0 and -0.0 are not. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor that
        && type == that.type
        && shape.equals(that.shape)
        && Objects.deepEquals(data, that.data);
  }

  /** Reads all elements, some bytes a cycle. Differs from process to process. */
  @Override
  public int hashCode() {
    int elements = type == DataType.STRING ? Arrays.hashCode(strings()) : ByteHash.of(bytes());
    return (elements * 31 + shape.hashCode()) * 31 + type.hashCode();
  }

  /** Returns type and shape, such as {@code FLOAT32[2, 3]}; never the values. */
  @Override
  public String toString() {
    return type.toString() + shape;
  }
}

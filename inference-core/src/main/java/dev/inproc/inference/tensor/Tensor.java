package dev.inproc.inference.tensor;

import java.nio.ByteBuffer;
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
 * 9 bytes. Reading as another type than the tensor's own is an {@link IllegalStateException},
 * unless the Java type holds every value of the tensor's type: 16-bit floats are read as {@code
 * float}, integers as any wider integer.
 *
 * <p>An element of a STRING tensor is text, or bytes that are not text, such as an encoded image.
 * Text and its bytes in UTF-8 are the same element: tensors made of either are equal.
 */
public final class Tensor {
  private static final String INT_TYPES = "an integer type whose values an int holds, or BOOL";
  private static final long MAX_BYTES = Integer.MAX_VALUE - 8L; // the largest array of common JVMs

  private final DataType type;
  private final Shape shape;
  private final Object data; // byte[]; an Object[] for strings, a Tensor[] for sequences

  private Tensor(DataType type, Shape shape, Object data) {
    this.type = type;
    this.shape = shape;
    this.data = data;
  }

  private byte[] bytes() {
    return (byte[]) data;
  }

  private Object[] elementObjects() {
    return (Object[]) data;
  }

  // ---- making one ----

  /** Returns a FLOAT32 vector. */
  public static Tensor of(float... values) {
    return of(Shape.of(values.length), values);
  }

  /** Returns a FLOAT64 vector. */
  public static Tensor of(double... values) {
    return of(Shape.of(values.length), values);
  }

  /** Returns an INT64 vector; {@code of(1, 2)} is of INT32, {@code of(1L, 2L)} of INT64. */
  public static Tensor of(long... values) {
    return of(Shape.of(values.length), values);
  }

  /** Returns an INT32 vector. */
  public static Tensor of(int... values) {
    return of(Shape.of(values.length), values);
  }

  /** Returns a STRING vector; no element is null. */
  public static Tensor of(String... values) {
    return of(Shape.of(values.length), values);
  }

  /** Returns a FLOAT32 tensor. */
  public static Tensor of(Shape shape, float... values) {
    checkCount(DataType.FLOAT32, shape, values.length);
    return new Tensor(DataType.FLOAT32, shape, Numbers.bytes(values));
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

  /** Returns a UINT16 tensor of these bits, read as 0 to 65,535. */
  public static Tensor ofUint16(Shape shape, short... values) {
    return of(shape, values).as(DataType.UINT16);
  }

  /** Returns a UINT32 tensor of these bits, read as 0 to 2^32 - 1. */
  public static Tensor ofUint32(Shape shape, int... values) {
    return of(shape, values).as(DataType.UINT32);
  }

  /** Returns a UINT64 tensor of these bits; {@link Long#toUnsignedString(long)} prints them. */
  public static Tensor ofUint64(Shape shape, long... values) {
    return of(shape, values).as(DataType.UINT64);
  }

  private Tensor as(DataType other) {
    return new Tensor(other, shape, data);
  }

  /** Returns a BOOL tensor. */
  public static Tensor of(Shape shape, boolean... values) {
    Tensor tensor = allocate(DataType.BOOL, shape, values.length);
    Numbers.put(values, tensor.bytes());
    return tensor;
  }

  /** Returns a STRING tensor; no element is null. */
  public static Tensor of(Shape shape, String... values) {
    return ofElements(shape, values);
  }

  /**
   * Returns a STRING vector of bytes, such as encoded images or serialized examples: one array an
   * element.
   */
  public static Tensor ofBytes(byte[]... values) {
    return ofBytes(Shape.of(values.length), values);
  }

  /** Returns a STRING tensor of bytes, one array an element; none is null. */
  public static Tensor ofBytes(Shape shape, byte[]... values) {
    return ofElements(shape, values);
  }

  /**
   * Returns a STRING tensor whose elements are each a {@link String} or a {@code byte[]}. For
   * engines; see {@link #copyElements}.
   *
   * @throws IllegalArgumentException if an element is something else
   */
  public static Tensor ofElements(Shape shape, Object[] elements) {
    checkCount(DataType.STRING, shape, elements.length);
    return new Tensor(DataType.STRING, shape, TextElements.copyOf(elements));
  }

  /** Returns a SEQUENCE of these tensors, of one dimension. */
  public static Tensor sequence(List<Tensor> tensors) {
    Tensor[] copy = tensors.toArray(new Tensor[0]);
    for (int i = 0; i < copy.length; i++) {
      Objects.requireNonNull(copy[i], "tensor " + i);
    }
    return new Tensor(DataType.SEQUENCE, Shape.of(copy.length), copy);
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
   * @throws IllegalArgumentException for STRING and SEQUENCE, or if the tensor is too large
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
    return read(type, shape, source, position, byteSize(type, shape));
  }

  /** The bytes of a tensor of numbers, checked. */
  static int byteSize(DataType type, Shape shape) {
    return checkedByteSize(type, shape, shape.elements());
  }

  /** Reads a tensor of so many bytes, which {@link #byteSize(DataType, Shape)} returned. */
  static Tensor read(DataType type, Shape shape, ByteBuffer source, int position, int byteSize) {
    return new Tensor(type, shape, Numbers.read(source, position, byteSize));
  }

  private static Tensor allocate(DataType type, Shape shape, long count) {
    return new Tensor(type, shape, new byte[checkedByteSize(type, shape, count)]);
  }

  private static int checkedByteSize(DataType type, Shape shape, long count) {
    if (!type.hasFixedSize()) {
      throw new IllegalArgumentException("A " + type + " tensor has no bytes of its own");
    }
    checkCount(type, shape, count);
    return (int) (count * type.byteSize());
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

  /** Returns the bytes of the elements; for text an estimate of two bytes a character. */
  public long byteSize() {
    if (type.hasFixedSize()) {
      return bytes().length;
    }
    long size = 0;
    for (Object element : elementObjects()) {
      size += element instanceof Tensor tensor ? tensor.byteSize() : TextElements.size(element);
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
    if (type == DataType.FLOAT32) {
      return Numbers.floats(bytes());
    }
    float[] values = new float[elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = getFloat(i);
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

  /**
   * Returns the elements of a tensor of any integer type, or of BOOL, as a new array. A UINT64
   * element above {@link Long#MAX_VALUE} comes as its 64 bits, a negative number.
   */
  public long[] toLongs() {
    long[] values = new long[elements()];
    if (type == DataType.INT64) {
      view().asLongBuffer().get(values);
    } else {
      expectInteger(DataType.UINT64.byteSize());
      for (int i = 0; i < values.length; i++) {
        values[i] = Numbers.integer(type, bytes(), i * type.byteSize());
      }
    }
    return values;
  }

  /**
   * Returns the elements of an INT32, INT16, INT8, UINT16, UINT8 or BOOL tensor as a new array; an
   * {@code int} holds them all.
   */
  public int[] toInts() {
    int[] values = new int[elements()];
    if (type == DataType.INT32) {
      view().asIntBuffer().get(values);
    } else {
      expectInt();
      for (int i = 0; i < values.length; i++) {
        values[i] = (int) Numbers.integer(type, bytes(), i * type.byteSize());
      }
    }
    return values;
  }

  /** Returns an INT16 tensor's elements as a new array. */
  public short[] toShorts() {
    expect(DataType.INT16);
    short[] values = new short[elements()];
    view().asShortBuffer().get(values);
    return values;
  }

  /** Returns the bytes of numbers of any type, in the machine's order, as a copy. */
  public byte[] toBytes() {
    return numeric().clone();
  }

  /** Returns a BOOL tensor's elements as a new array. */
  public boolean[] toBooleans() {
    expect(DataType.BOOL);
    return Numbers.booleans(bytes());
  }

  /**
   * Returns a STRING tensor's elements, unmodifiable.
   *
   * @throws IllegalStateException if an element is bytes that are not text
   */
  public List<String> toStrings() {
    expect(DataType.STRING);
    String[] values = new String[elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = TextElements.text(elementObjects()[i], i);
    }
    return List.of(values);
  }

  /** Returns a SEQUENCE's tensors in order, unmodifiable. */
  public List<Tensor> toTensors() {
    expect(DataType.SEQUENCE);
    return List.of((Tensor[]) data);
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

  /**
   * Returns one element of any integer or BOOL tensor by its row-major index; of UINT64 its 64
   * bits.
   */
  public long getLong(int index) {
    expectInteger(DataType.UINT64.byteSize());
    return Numbers.integer(type, bytes(), offset(index));
  }

  /**
   * Returns one element of an INT32, INT16, INT8, UINT16, UINT8 or BOOL tensor by its row-major
   * index.
   */
  public int getInt(int index) {
    expectInt();
    return (int) Numbers.integer(type, bytes(), offset(index));
  }

  /**
   * Returns one element of a STRING tensor by its row-major index.
   *
   * @throws IllegalStateException if it is bytes that are not text; see {@link #isText}
   */
  public String getString(int index) {
    expect(DataType.STRING);
    return TextElements.text(elementObjects()[index], index);
  }

  /**
   * Returns the bytes of one element of a STRING tensor, as a copy; text is encoded in UTF-8.
   *
   * @throws IllegalStateException if it is text that UTF-8 cannot encode
   */
  public byte[] getBytes(int index) {
    expect(DataType.STRING);
    return TextElements.bytes(elementObjects()[index], index);
  }

  /** Returns whether one element of a STRING tensor is text: bytes that are UTF-8 are. */
  public boolean isText(int index) {
    expect(DataType.STRING);
    return elementObjects()[index] instanceof String;
  }

  /**
   * Copies a run of this tensor's bytes into a buffer at an absolute position; the buffer's own
   * position stays. For code that gathers batches.
   *
   * @param from first byte to copy
   * @param length how many
   * @throws IndexOutOfBoundsException if either side is too short
   */
  public void copyBytes(int from, int length, ByteBuffer target, int position) {
    if (length == Float.BYTES && type != DataType.STRING) {
      Numbers.copyWord(bytes(), from, target, position); // a third of a bulk copy
    } else {
      target.put(position, numeric(), from, length);
    }
  }

  /**
   * Copies a run of a STRING tensor's elements into an array: {@link String}, or {@code byte[]} of
   * what is not text, which must not be written to. For code that gathers batches.
   */
  public void copyElements(int from, int length, Object[] target, int position) {
    expect(DataType.STRING);
    System.arraycopy(elementObjects(), from, target, position, length);
  }

  private ByteBuffer view() {
    return Numbers.view(bytes());
  }

  private int offset(int index) {
    return Objects.checkIndex(index, elements()) * type.byteSize();
  }

  private byte[] numeric() {
    if (!type.hasFixedSize()) {
      throw mismatch("a type of numbers");
    }
    return bytes();
  }

  private void expect(DataType expected) {
    if (type != expected) {
      throw mismatch(expected.toString());
    }
  }

  private void expectInteger(int mostBytes) {
    boolean integer = type.isInteger() || type == DataType.BOOL;
    if (!integer || type.byteSize() > mostBytes) {
      throw mismatch(mostBytes > Integer.BYTES ? "an integer type or BOOL" : INT_TYPES);
    }
  }

  private void expectInt() {
    expectInteger(Integer.BYTES);
    if (type == DataType.UINT32) {
      throw mismatch(INT_TYPES);
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
    int elements = type.hasFixedSize() ? ByteHash.of(bytes()) : hashOfObjects();
    return (elements * 31 + shape.hashCode()) * 31 + type.hashCode();
  }

  private int hashOfObjects() {
    int hash = 1;
    for (Object element : elementObjects()) {
      hash =
          hash * 31 + (element instanceof Tensor ? element.hashCode() : TextElements.hash(element));
    }
    return hash;
  }

  /** Returns type and shape, such as {@code FLOAT32[2, 3]}; never the values. */
  @Override
  public String toString() {
    return type.toString() + shape;
  }
}

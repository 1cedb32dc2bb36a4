package dev.inproc.inference.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The concrete dimensions of a tensor, outermost first. A scalar has none. Immutable; no dimension
 * is negative, and the number of elements fits a {@code long}.
 */
public final class Shape {
  private static final Shape SCALAR = new Shape(new long[0]);

  /** Shapes of vectors, made when first asked for. Races are harmless: equal shapes are alike. */
  private static final @Nullable Shape[] VECTORS = new @Nullable Shape[2048];

  private final long[] dims;
  private final long elements;

  private Shape(long[] dims) {
    this.dims = dims;
    this.elements = product(dims);
  }

  private static long product(long[] dims) {
    long product = 1;
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException("Negative dimension in shape " + Arrays.toString(dims));
      }
      try {
        product = Math.multiplyExact(product, dim);
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException("Shape too large: " + Arrays.toString(dims), e);
      }
    }
    return product;
  }

  /**
   * Returns the shape with these dimensions.
   *
   * @throws IllegalArgumentException if one is negative or their product exceeds a {@code long}
   */
  public static Shape of(long... dims) {
    return dims.length == 0 ? SCALAR : dims.length == 1 ? of(dims[0]) : new Shape(dims.clone());
  }

  /** Returns the shape of a vector; short ones are shared. */
  public static Shape of(long length) {
    if (length < 0 || length >= VECTORS.length) {
      return new Shape(new long[] {length});
    }
    Shape shape = VECTORS[(int) length];
    if (shape == null) {
      shape = new Shape(new long[] {length});
      VECTORS[(int) length] = shape;
    }
    return shape;
  }

  /** Returns the shape of a scalar: no dimensions, one element. */
  public static Shape scalar() {
    return SCALAR;
  }

  /** Returns the number of dimensions. */
  public int rank() {
    return dims.length;
  }

  /** Returns one dimension; axis 0 is the outermost. */
  public long dim(int axis) {
    return dims[axis];
  }

  /** Returns the dimensions, as a copy. */
  public long[] dims() {
    return dims.clone();
  }

  /** Returns the number of elements: the product of the dimensions, 1 for a scalar. */
  public long elements() {
    return elements;
  }

  /** Returns this shape with one more dimension in front: the shape of a batch of these. */
  public Shape prepend(long dim) {
    long[] longer = new long[dims.length + 1];
    longer[0] = dim;
    System.arraycopy(dims, 0, longer, 1, dims.length);
    return new Shape(longer);
  }

  /**
   * Returns this shape without its outermost dimension.
   *
   * @throws IllegalStateException if this is the shape of a scalar
   */
  public Shape dropFirst() {
    if (dims.length == 0) {
      throw new IllegalStateException("A scalar has no dimension to drop");
    }
    return dims.length == 1 ? SCALAR : new Shape(Arrays.copyOfRange(dims, 1, dims.length));
  }

  @Override
  public boolean equals(Object other) {
    return other == this || (other instanceof Shape that && Arrays.equals(dims, that.dims));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** Returns the dimensions in brackets, such as {@code [2, 3]}. */
  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}

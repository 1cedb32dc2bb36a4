package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.Shape;

/** Lays a row-major block into a corner of a larger one, or takes it out again. */
final class BlockCopy {
  /** Copies one run of bytes that is contiguous on both sides. */
  @FunctionalInterface
  interface Mover {
    void move(int from, int to, int length);
  }

  private BlockCopy() {}

  /**
   * Moves the leading corner that two shapes have in common.
   *
   * @param source the shape that is read; offsets into it count from 0
   * @param target the shape that is written, of the same rank
   * @param elementSize in bytes
   */
  static void move(Shape source, Shape target, int elementSize, Mover mover) {
    int rank = source.rank();
    // Axes from here inwards are equal: below it, a step along one outer axis is one move.
    int equalFrom = rank;
    int inner = elementSize;
    while (equalFrom > 0 && source.dim(equalFrom - 1) == target.dim(equalFrom - 1)) {
      equalFrom--;
      inner *= (int) source.dim(equalFrom);
    }
    if (equalFrom == 0) {
      mover.move(0, 0, inner);
      return;
    }
    walk(source, target, 0, equalFrom - 1, 0, 0, inner, mover);
  }

  private static void walk(
      Shape source, Shape target, int axis, int last, int from, int to, int inner, Mover mover) {
    int count = (int) Math.min(source.dim(axis), target.dim(axis));
    if (axis == last) {
      mover.move(from, to, count * inner);
      return;
    }
    int sourceStep = step(source, axis, last, inner);
    int targetStep = step(target, axis, last, inner);
    for (int i = 0; i < count; i++) {
      walk(
          source, target, axis + 1, last, from + i * sourceStep, to + i * targetStep, inner, mover);
    }
  }

  private static int step(Shape shape, int axis, int last, int inner) {
    int step = inner;
    for (int i = axis + 1; i <= last; i++) {
      step *= (int) shape.dim(i);
    }
    return step;
  }
}

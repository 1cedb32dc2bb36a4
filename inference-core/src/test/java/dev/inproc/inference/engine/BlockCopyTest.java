package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BlockCopyTest {
  private static byte[] moved(Shape source, Shape target, int size, byte[] from, int[] moves) {
    byte[] to = new byte[(int) target.elements() * size];
    Arrays.fill(to, (byte) -1);
    BlockCopy.move(
        source,
        target,
        size,
        (at, into, length) -> {
          System.arraycopy(from, at, to, into, length);
          moves[0]++;
        });
    return to;
  }

  /** One index at a time. */
  private static byte[] naive(Shape source, Shape target, int size, byte[] from) {
    byte[] to = new byte[(int) target.elements() * size];
    Arrays.fill(to, (byte) -1);
    long[] index = new long[source.rank()];
    for (int i = 0; i < source.elements(); i++) {
      long rest = i;
      for (int axis = source.rank() - 1; axis >= 0; axis--) {
        index[axis] = rest % source.dim(axis);
        rest /= source.dim(axis);
      }
      long at = 0;
      boolean inside = true;
      for (int axis = 0; axis < target.rank(); axis++) {
        inside &= index[axis] < target.dim(axis);
        at = at * target.dim(axis) + index[axis];
      }
      if (inside) {
        System.arraycopy(from, i * size, to, (int) at * size, size);
      }
    }
    return to;
  }

  @Test
  void move_randomShapes_isAsTheNaiveCopy() {
    long seed = System.nanoTime();
    System.out.println("BlockCopyTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 20_000; round++) {
      int rank = random.nextInt(5);
      long[] a = new long[rank];
      long[] b = new long[rank];
      for (int axis = 0; axis < rank; axis++) {
        a[axis] = random.nextInt(1, 5);
        b[axis] = random.nextInt(3) == 0 ? random.nextInt(1, 5) : a[axis];
      }
      Shape source = Shape.of(a);
      Shape target = Shape.of(b);
      int size = 1 << random.nextInt(4);
      byte[] from = new byte[(int) source.elements() * size];
      for (int i = 0; i < from.length; i++) {
        from[i] = (byte) random.nextInt(0, 100);
      }
      assertArrayEquals(
          naive(source, target, size, from),
          moved(source, target, size, from, new int[1]),
          () -> source + " into " + target);
    }
  }

  @Test
  void move_emptyShapes_moveNothing() {
    for (Shape empty : List.of(Shape.of(0), Shape.of(2, 0), Shape.of(0, 2))) {
      assertEquals(0, moved(empty, empty, 4, new byte[0], new int[1]).length);
    }
    byte[] untouched = moved(Shape.of(0, 2), Shape.of(1, 2), 1, new byte[0], new int[1]);
    assertArrayEquals(new byte[] {-1, -1}, untouched);
  }

  @Test
  void move_innerAxesEqual_areOneMoveForEachOuterStep() {
    int[] moves = new int[1];
    List<Integer> counts = new ArrayList<>();
    for (Shape source : List.of(Shape.of(2, 3, 4), Shape.of(1, 3, 4), Shape.of(2, 2, 4))) {
      moves[0] = 0;
      byte[] ignored =
          moved(source, Shape.of(2, 3, 4), 8, new byte[(int) source.elements() * 8], moves);
      assertEquals(192, ignored.length);
      counts.add(moves[0]);
    }
    assertEquals(List.of(1, 1, 2), counts);
  }
}

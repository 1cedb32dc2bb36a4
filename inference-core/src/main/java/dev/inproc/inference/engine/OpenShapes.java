package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Whole shapes as the tail of an example's sizes, for what the variables cannot tell. Behind the
 * variables stand as many ends as there are shapes, then the dimensions of all shapes in turn; an
 * end counts the dimensions of its shape and of those before it. All zeros are scalars.
 */
final class OpenShapes {
  private OpenShapes() {}

  /** Returns the sizes with these shapes behind the variables. */
  static long[] append(long[] variables, int variableCount, List<Shape> shapes) {
    int dims = variableCount + shapes.size();
    int end = dims;
    for (Shape shape : shapes) {
      end += shape.rank();
    }
    long[] sizes = Arrays.copyOf(Arrays.copyOf(variables, variableCount), end);
    int at = dims;
    for (int i = 0; i < shapes.size(); i++) {
      Shape shape = shapes.get(i);
      for (int axis = 0; axis < shape.rank(); axis++) {
        sizes[at++] = shape.dim(axis);
      }
      sizes[variableCount + i] = (long) at - dims;
    }
    return sizes;
  }

  /** Returns one of so many shapes behind so many variables. */
  static Shape shape(long[] sizes, int variableCount, int shapes, int index) {
    int dims = variableCount + shapes;
    int from = index == 0 ? 0 : (int) sizes[variableCount + index - 1];
    int to = (int) sizes[variableCount + index];
    return Shape.of(Arrays.copyOfRange(sizes, dims + from, dims + to));
  }
}

package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Whole shapes as the tail of an example's sizes, where variables do not describe them. After the
 * variables come one end for each shape, then the dimensions of all shapes one after another. An
 * end is the number of dimensions of its shape and of all shapes before it. Ends of zero mean
 * scalars.
 */
final class OpenShapes {
  private OpenShapes() {}

  /** Returns the variables followed by these shapes. */
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

  /** Returns the shape at this index of the shapes that follow the variables. */
  static Shape shape(long[] sizes, int variableCount, int shapes, int index) {
    int dims = variableCount + shapes;
    int from = index == 0 ? 0 : (int) sizes[variableCount + index - 1];
    int to = (int) sizes[variableCount + index];
    return Shape.of(Arrays.copyOfRange(sizes, dims + from, dims + to));
  }
}

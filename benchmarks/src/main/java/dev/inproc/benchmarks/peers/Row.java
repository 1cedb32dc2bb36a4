package dev.inproc.benchmarks.peers;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * One example as plain arrays, which is what users of a bare engine have.
 *
 * @param names of the inputs
 * @param arrays {@code float[]} or {@code long[]}, one for each input
 * @param shapes without a batch axis
 */
public record Row(List<String> names, List<Object> arrays, List<long[]> shapes) {

  static Row of(Tensors example) {
    List<Object> arrays = new ArrayList<>();
    List<long[]> shapes = new ArrayList<>();
    for (int i = 0; i < example.size(); i++) {
      Tensor tensor = example.at(i);
      arrays.add(tensor.type() == DataType.INT64 ? tensor.toLongs() : tensor.toFloats());
      long[] shape = new long[tensor.shape().rank()];
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = tensor.shape().dim(axis);
      }
      shapes.add(shape);
    }
    return new Row(example.names(), arrays, shapes);
  }

  /** The elements of the first input; rows of one model and of equal elements have equal shapes. */
  int elements() {
    return arrays.get(0) instanceof long[] longs ? longs.length : ((float[]) arrays.get(0)).length;
  }

  /** The shape of an input of so many such rows. */
  long[] shape(int input, int rows) {
    long[] one = shapes.get(input);
    long[] shape = new long[one.length + 1];
    shape[0] = rows;
    System.arraycopy(one, 0, shape, 1, one.length);
    return shape;
  }
}

package dev.inproc.examples.extending;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.tensor.Shape;
import java.nio.ByteBuffer;

/** One run of a line over so many rows: memory that is lent once and used for many runs. */
final class LineBinding implements IoBinding {
  private static final int LOOK_EVERY = 1_024; // rows between two looks at terminations

  private final LineModel line;
  private final Shape shape;
  private final ByteBuffer x;
  private final ByteBuffer y;
  private volatile boolean isTerminated;

  LineBinding(LineModel line, BindingSpec spec) {
    this.line = line;
    shape = spec.inputShapes().get(0);
    int bytes = Math.toIntExact(shape.elements() * Float.BYTES);
    x = spec.memory().apply(bytes);
    y = spec.memory().apply(bytes);
  }

  @Override
  public ByteBuffer input(int index) {
    return x;
  }

  @Override
  public void setStrings(int index, Object[] values) {
    throw new UnsupportedOperationException("x is no input of strings");
  }

  @Override
  public void run() {
    for (int row = 0; row < shape.elements(); row++) {
      if (row % LOOK_EVERY == 0 && isTerminated) {
        throw new EngineException("The run was terminated", null);
      }
      // All of the output is written: the memory holds what an earlier caller's run left.
      y.putFloat(row * Float.BYTES, line.at(x.getFloat(row * Float.BYTES)));
    }
  }

  @Override
  public Shape outputShape(int position) {
    return shape;
  }

  @Override
  public ByteBuffer output(int position) {
    return y;
  }

  @Override
  public Object[] outputStrings(int position) {
    throw new UnsupportedOperationException("y is no output of strings");
  }

  @Override
  public void terminate() {
    isTerminated = true;
  }

  @Override
  public void clear() {
    isTerminated = false;
  }

  @Override
  public void close() {} // the memory goes back to the pool that lent it
}

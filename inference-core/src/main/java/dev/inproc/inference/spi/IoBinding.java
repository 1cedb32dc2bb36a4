package dev.inproc.inference.spi;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One engine run of fixed input shapes, prepared once and used again and again: fill the inputs,
 * {@link #run}, read the outputs, {@link #clear}. One thread at a time, except {@link #terminate}.
 */
public interface IoBinding extends AutoCloseable {
  /** Returns where to write an input's bytes, native order, from 0; not for strings. */
  ByteBuffer input(int index);

  /**
   * Sets an input of strings, in row-major order: each a {@link String}, or a {@code byte[]} of
   * what is not text, which must not be written to.
   */
  void setStrings(int index, Object[] values);

  /**
   * Runs the model.
   *
   * @throws EngineException if the engine failed or was terminated
   */
  void run();

  /** Returns the shape of a wanted output, by its position among those, after a run. */
  Shape outputShape(int position);

  /** Returns a wanted output's bytes, native order, from 0; valid until {@link #clear}. */
  ByteBuffer output(int position);

  /**
   * Returns a wanted output of strings: each a {@link String} or a {@code byte[]}.
   *
   * @throws dev.inproc.inference.EngineException if the engine cannot tell what a string is
   */
  Object[] outputStrings(int position);

  /** Returns a wanted output that is a sequence. */
  default List<Tensor> outputTensors(int position) {
    throw new UnsupportedOperationException("This engine has no sequences");
  }

  /**
   * Stops the run that is under way as soon as the engine can, or does nothing if it cannot be
   * stopped. Any thread, at any time between {@link NativeModel#open} and {@link #close}; quick.
   */
  void terminate();

  /**
   * Releases what a run left behind, terminations included, and makes the binding fit for the next.
   */
  void clear();

  /** Frees the binding. Its buffers go back to the pool that gave them. */
  @Override
  void close();
}

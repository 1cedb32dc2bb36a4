package dev.inproc.inference.spi;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Inputs and outputs of fixed shapes, prepared once for any number of runs: the library fills the
 * inputs, calls {@link #run}, reads the outputs and calls {@link #clear}. One thread at a time uses
 * it, except for {@link #terminate}.
 */
public interface IoBinding extends AutoCloseable {
  /** Returns the buffer of an input, to be written from 0 in native order; not for strings. */
  ByteBuffer input(int index);

  /**
   * Sets an input of strings, in row-major order: each is a {@link String}, or a {@code byte[]} of
   * bytes that are not text, which must not be changed.
   */
  void setStrings(int index, Object[] values);

  /**
   * Runs the model.
   *
   * @throws EngineException if the engine failed or was terminated
   */
  void run();

  /**
   * Returns the shape of a wanted output after a run, by its position in {@link
   * BindingSpec#outputs}.
   */
  Shape outputShape(int position);

  /** Returns the buffer of a wanted output, from 0 in native order; valid until {@link #clear}. */
  ByteBuffer output(int position);

  /**
   * Returns a wanted output of strings: each is a {@link String} or a {@code byte[]}.
   *
   * @throws dev.inproc.inference.EngineException if the engine cannot read a string
   */
  Object[] outputStrings(int position);

  /** Returns a wanted output that is a sequence. */
  default List<Tensor> outputTensors(int position) {
    throw new UnsupportedOperationException("This engine has no sequences");
  }

  /**
   * Stops the current run as soon as the engine can; does nothing if the engine cannot stop it. Any
   * thread may call it at any time between {@link NativeModel#open} and {@link #close}. It returns
   * quickly.
   */
  void terminate();

  /** Releases the results of a run and forgets terminations, so that the next run can begin. */
  void clear();

  /** Frees the binding. Its buffers go back to the pool that gave them. */
  @Override
  void close();
}

package dev.inproc.inference.testing.contract;

import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.tensor.DataType;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An engine, and the models that the contract asks of it: the same signatures for every engine,
 * whatever the format. {@code [batch, ...]} is the model's own batch axis, of dynamic size. An
 * implementation is public with a public constructor without parameters, since child JVMs make it
 * by its name. References compute in plain Java what the model of that name computes.
 */
public interface ContractModels {
  /** Rows of {@link #gather} and of {@link #maskedMean}: ids go from 0 to one less. */
  int VOCABULARY = 50;

  /** Values of each row of those. */
  int WIDTH = 8;

  /** Values of an example of {@link #slow}. */
  int SLOW_WIDTH = 64;

  /** Returns the engine with its default options. */
  Engine engine();

  /** Returns why the engine lacks this, or null if it does not. The reason is printed. */
  default @Nullable String lacks(Capability capability) {
    return null;
  }

  /** Returns why the engine lacks this data type, or null if it does not. */
  default @Nullable String lacks(DataType type) {
    return null;
  }

  /** x FLOAT32[batch,16] to y FLOAT32[batch,1], through one hidden ReLU layer. */
  ModelSource tinyMlp();

  /** Takes any number of rows of {@link #tinyMlp}, one after the other; one value per row. */
  float[] tinyMlpReference(float[] rows);

  /**
   * input_ids and attention_mask INT64[batch,sequence] to tokens FLOAT32[batch,sequence,8], the
   * ids' rows of a table, and mean FLOAT32[batch,8], the mean of those whose mask is 1. Both
   * dynamic dimensions are named, if the format has names.
   */
  ModelSource maskedMean();

  /** The mean of one row. */
  float[] maskedMeanReference(long[] ids, long[] mask);

  /**
   * ids INT64[batch,length] to vectors FLOAT32[batch,length,8] and their sum FLOAT32[batch,8]. An
   * id outside the table makes the run fail.
   */
  ModelSource gather();

  /** id INT64[batch] to answer INT64[batch], {@code id * 1000003 + 7}. */
  ModelSource ledger();

  /**
   * x and mask FLOAT32[batch,n], id INT64[batch] and name STRING[batch] to y, the negative of x,
   * and to mask, id and name: the inputs themselves, with no operator between. Both dynamic
   * dimensions are named, if the format has names.
   */
  ModelSource passThrough();

  /** x of this type [batch,n] to y, the same. */
  ModelSource identity(DataType type);

  /** x FLOAT32[batch,2] to label STRING[batch]: yes if the second is the larger, else no. */
  ModelSource stringLabels();

  /**
   * x FLOAT32[batch,64] and loops INT64[batch] to y FLOAT32[batch,64]: x multiplied by a matrix, as
   * often as the largest of loops says. The matrix is its own inverse: after an even number, y is x
   * up to rounding.
   */
  ModelSource slow();

  /**
   * Returns the even number of loops that makes {@link #slow} run for hours, or, where a run cannot
   * be stopped, for at least three seconds.
   */
  long endlessLoops();

  /** {@link #tinyMlp} for exactly so many rows at a time. */
  ModelSource fixedBatch(int rows);

  /** The matrix product c FLOAT32[3,2] of a FLOAT32[3,4] and b FLOAT32[4,2]. */
  ModelSource noBatchAxis();

  /** x FLOAT32[batch,4] to the scalar total, FLOAT32, the sum of all rows. */
  ModelSource scalarOutput();

  /** a and b FLOAT32[batch,3] to their sum and product, in this order. */
  ModelSource twoInputs();

  /** x FLOAT32[batch,4] to indices INT64[?,2] of the values that are not zero. */
  ModelSource dataDependent();

  /** x FLOAT32 to y, its negative; the model declares no shape, not even a rank. */
  ModelSource anyShape();

  /** past FLOAT32[2,past,4] and x FLOAT32[2,seq,4] to present, x behind past along axis 1. */
  ModelSource keyCache();

  /** past FLOAT32[batch,2,past,4] and x FLOAT32[batch,2,seq,4] to present, likewise. */
  ModelSource batchedKeyCache();

  /** images and texts FLOAT32[batch,4] to their negatives images_out and texts_out. */
  ModelSource namesakes();

  /** images and texts FLOAT32[batch,4] to the product scores FLOAT32[batch,batch] of all pairs. */
  ModelSource scores();

  /** x FLOAT32[batch,3] and unused INT64[batch] to y, the negative of x. */
  ModelSource unusedInput();

  /** A model of the right kind, one part of which makes no sense. May be written to the folder. */
  ModelSource corrupt(Path directory) throws IOException;

  /** A model that ends in its middle. */
  ModelSource truncated(Path directory) throws IOException;

  /** A file or directory with nothing in it. */
  ModelSource empty(Path directory) throws IOException;

  /** A place where there is nothing. */
  ModelSource missing(Path directory) throws IOException;

  /** Something that is no model, such as a web page. */
  ModelSource wrongKind(Path directory) throws IOException;

  /** Leaks about 1 KB of native memory, for the proof that the soak test sees it. */
  void leak();
}

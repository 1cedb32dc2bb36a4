package dev.inproc.inference.onnx.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Serialized ONNX models for tests, benchmarks and examples. The same call gives the same bytes in
 * every run. References compute in plain Java what the model of that name computes.
 */
public final class Models {
  /** The string labels of {@link #treeEnsemble}; its integer labels are their indices. */
  public static final List<String> CLASS_NAMES = List.of("setosa", "versicolor", "virginica");

  private static final int[] TINY = {16, 8, 1};

  private Models() {}

  /** x [batch,16] to y [batch,1], through one hidden ReLU layer of 8. */
  public static byte[] tinyMlp() {
    return mlp(TINY);
  }

  /** Takes any number of rows of 16, one after the other, and returns one value per row. */
  public static float[] tinyMlpReference(float[] x) {
    return mlpReference(x, TINY);
  }

  /** A ReLU network with a linear last layer: x [batch,first width] to y [batch,last width]. */
  public static byte[] mlp(int... widths) {
    return Networks.mlp("batch", widths).build();
  }

  /** Takes any number of rows, one after the other. */
  public static float[] mlpReference(float[] x, int... widths) {
    return Networks.mlpReference(x, widths);
  }

  /** A small image net: image [batch,1,28,28] to logits [batch,10]. */
  public static byte[] convNet() {
    return Networks.convNet();
  }

  /**
   * Many MatMul nodes in sequence: x [batch,width] to y [batch,width]. The matrix is its own
   * inverse, so y is x again when {@code loops} is even, up to rounding.
   */
  public static byte[] slow(int width, int loops) {
    return Networks.slow(width, loops);
  }

  /**
   * x [batch,width] multiplied by a matrix that is its own inverse, as often as the largest of
   * loops [batch] says: y [batch,width]. Can last for ever.
   */
  public static byte[] loop(int width) {
    return Networks.loop(width);
  }

  /** id [batch], int64, to answer [batch]: id times 1000003 plus 7. */
  public static byte[] ledger() {
    return Shapes.ledger();
  }

  /**
   * Looks ids [batch,length] up: vectors [batch,length,width] and their sum [batch,width]. An id
   * outside -rows..rows-1 makes the run fail.
   */
  public static byte[] gather(int rows, int width) {
    return Embeddings.gather(rows, width);
  }

  /** The table [rows,width], row by row, of {@link #gather} and both mean models. */
  public static float[] table(int rows, int width) {
    return Embeddings.table(rows, width);
  }

  /**
   * input_ids and attention_mask [batch,sequence] to tokens [batch,sequence,width] and to mean
   * [batch,width], the mean of the tokens whose mask is 1. Padding with mask 0 does not change it.
   */
  public static byte[] maskedMean(int vocab, int width) {
    return Embeddings.maskedMean(vocab, width);
  }

  /** The mean of one row. */
  public static float[] maskedMeanReference(int vocab, int width, long[] ids, long[] mask) {
    return Embeddings.mean(vocab, width, ids, mask);
  }

  /** input_ids [batch,sequence] to mean [batch,width], padding included. */
  public static byte[] leakyMean(int vocab, int width) {
    return Embeddings.leakyMean(vocab, width);
  }

  /** The mean of one row. */
  public static float[] leakyMeanReference(int vocab, int width, long[] ids) {
    return Embeddings.mean(vocab, width, ids);
  }

  /** x [batch,n] to the same y, of any {@code TensorProto.DataType}. */
  public static byte[] identity(int elementType) {
    return Shapes.identity(elementType);
  }

  /**
   * x and mask [batch,n], id [batch], int64, and name [batch], text, to y, the negative of x, and
   * to mask, id and name, with no node between.
   */
  public static byte[] passThrough() {
    return Shapes.passThrough();
  }

  /** {@link #tinyMlp} for exactly {@code rows} rows at a time. */
  public static byte[] fixedBatch(int rows) {
    return Networks.mlp(Integer.toString(rows), TINY).build();
  }

  /** {@link #tinyMlp} whose leading dimension has neither a size nor a name. */
  public static byte[] unnamedBatch() {
    return Networks.mlp("?", TINY).build();
  }

  /** Inputs column_0, column_1 and so on [batch,1] to y [batch,1], their weighted sum. */
  public static byte[] columns(int count) {
    return Shapes.columns(count);
  }

  /** The matrix product c [3,2] of a [3,4] and b [4,2]. */
  public static byte[] noBatchAxis() {
    return Shapes.noBatchAxis();
  }

  /** The dot products scores [rows,cols] of the rows of x [rows,4] and those of y [cols,4]. */
  public static byte[] twoAxes() {
    return Shapes.twoAxes();
  }

  /** a and b [batch,3] to their sum and product [batch,3]. */
  public static byte[] twoInputs() {
    return Shapes.twoInputs();
  }

  /** x [batch,4] to the scalar total, the sum of all rows. */
  public static byte[] scalarOutput() {
    return Shapes.scalarOutput();
  }

  /** x [batch,d] to y, declared [batch,d] too, but really [batch,2d]: each row twice over. */
  public static byte[] lyingShape() {
    return Shapes.lying(1);
  }

  /** x [batch,d] to y, declared [batch,d] too, but really [2batch,d]: all rows, then again. */
  public static byte[] lyingRows() {
    return Shapes.lying(0);
  }

  /** x [batch,4] to the int64 indices [?,2] of its values that are not zero. */
  public static byte[] dataDependent() {
    return Shapes.dataDependent();
  }

  /** The negative y of an x of any shape; the model declares no shape, not even a rank. */
  public static byte[] anyShape() {
    return Shapes.anyShape();
  }

  /** A valid graph that asks for opset 9999. */
  public static byte[] unsupportedOpset() {
    return Networks.mlp("batch", TINY).opset("", 9999).build();
  }

  /** A graph with an operator that does not exist, NoSuchOp. */
  public static byte[] unknownOperator() {
    return Shapes.unknownOperator();
  }

  /** {@link #tinyMlp} with these metadata properties, a producer, a version and a description. */
  public static byte[] withMetadata(Map<String, String> properties) {
    return Networks.mlp("batch", TINY)
        .producer("inproc-trainer", "2.1")
        .domain("dev.inproc")
        .modelVersion(7)
        .description("A model with metadata")
        .metadata(properties)
        .build();
  }

  /** x [batch,2] to the string label [batch]: yes if the second column is the larger, else no. */
  public static byte[] stringLabels() {
    return Classical.stringLabels();
  }

  /**
   * A random forest over x [batch,4] with three classes: label [batch] and probabilities [batch,3],
   * or with {@code zipMap} output_label [batch] and output_probability, a map for each row.
   */
  public static byte[] treeEnsemble(boolean zipMap, boolean stringLabels) {
    return Classical.treeEnsemble(zipMap, stringLabels);
  }

  /** The class probabilities of one row; the label is the class of the largest. */
  public static float[] treeEnsembleReference(float[] row) {
    return Classical.treeEnsembleReference(row);
  }

  /** Logistic regression, one class against the rest: outputs as the forest with a ZipMap. */
  public static byte[] linearClassifierZipMap() {
    return Classical.linearClassifierZipMap();
  }

  /** The class probabilities of one row. */
  public static float[] linearClassifierReference(float[] row) {
    return Classical.linearClassifierReference(row);
  }

  /** Regression trees: x [batch,4] to variable [batch,1]. */
  public static byte[] treeRegressor() {
    return Classical.treeRegressor();
  }

  /** The value of one row. */
  public static float treeRegressorReference(float[] row) {
    return Classical.treeRegressorReference(row);
  }

  /**
   * Writes model.onnx, x [batch,4] times a matrix to y [batch,2], and the matrix as a file of its
   * own at {@code location}, as seen from the folder. Returns the path of the model.
   */
  public static Path externalData(Path directory, String location) throws IOException {
    return Shapes.externalData(directory, location);
  }

  /** The answer for one row. */
  public static float[] externalDataReference(float[] row) {
    return Shapes.externalDataReference(row);
  }
}

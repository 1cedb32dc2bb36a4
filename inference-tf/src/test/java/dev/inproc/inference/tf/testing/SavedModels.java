package dev.inproc.inference.tf.testing;

import static dev.inproc.inference.tf.testing.GraphWriter.flag;
import static dev.inproc.inference.tf.testing.GraphWriter.function;
import static dev.inproc.inference.tf.testing.GraphWriter.make;
import static dev.inproc.inference.tf.testing.GraphWriter.number;
import static dev.inproc.inference.tf.testing.GraphWriter.shape;
import static dev.inproc.inference.tf.testing.GraphWriter.type;
import static dev.inproc.inference.tf.testing.GraphWriter.types;
import static dev.inproc.inference.tf.testing.GraphWriter.value;

import com.google.protobuf.ByteString;
import dev.inproc.inference.tensor.DataType;
import java.util.Arrays;
import org.tensorflow.proto.TensorProto;

/**
 * SavedModels for tests, benchmarks and examples: {@code SavedModels.tinyMlp().write(directory)}.
 * The same call gives the same model in every run. References compute in plain Java what the model
 * of that name computes.
 */
public final class SavedModels {
  /** Rows of {@link #gather} and of {@link #maskedMean}: ids go from 0 to one less. */
  public static final int VOCABULARY = 50;

  /** Values of each row of those. */
  public static final int WIDTH = 8;

  /** Values of an example of {@link #slow}. */
  public static final int SLOW_WIDTH = 64;

  private static final int INPUT = 16;
  private static final int HIDDEN = 8;
  private static final String DEFAULT = "serving_default";
  private static final org.tensorflow.proto.DataType FLOAT = org.tensorflow.proto.DataType.DT_FLOAT;
  private static final org.tensorflow.proto.DataType INT32 = org.tensorflow.proto.DataType.DT_INT32;
  private static final org.tensorflow.proto.DataType INT64 = org.tensorflow.proto.DataType.DT_INT64;
  private static final org.tensorflow.proto.DataType STRING =
      org.tensorflow.proto.DataType.DT_STRING;
  private static final org.tensorflow.proto.DataType BOOL = org.tensorflow.proto.DataType.DT_BOOL;

  private SavedModels() {}

  /** x FLOAT32[?,16] to y FLOAT32[?,1], through one hidden ReLU layer of 8. */
  public static GraphWriter tinyMlp() {
    return mlp(-1);
  }

  /** {@link #tinyMlp} for exactly {@code rows} rows at a time. */
  public static GraphWriter fixedBatch(int rows) {
    return mlp(rows);
  }

  private static GraphWriter mlp(int rows) {
    return new GraphWriter()
        .input("x", FLOAT, rows, INPUT)
        .floats("w1", Weights.uniform(1, INPUT * HIDDEN, 0.6), INPUT, HIDDEN)
        .floats("w2", Weights.uniform(2, HIDDEN, 0.8), HIDDEN, 1)
        .node("MatMul", "product", "x w1", type("T", FLOAT))
        .node("Relu", "hidden", "product", type("T", FLOAT))
        .node("MatMul", "y", "hidden w2", type("T", FLOAT))
        .describe("y", "y:0", FLOAT, rows, 1)
        .signature(DEFAULT, "x", "y");
  }

  /** Takes any number of rows of 16, one after the other, and returns one value a row. */
  public static float[] tinyMlpReference(float[] x) {
    float[] w1 = Weights.uniform(1, INPUT * HIDDEN, 0.6);
    float[] w2 = Weights.uniform(2, HIDDEN, 0.8);
    float[] y = new float[x.length / INPUT];
    for (int row = 0; row < y.length; row++) {
      for (int h = 0; h < HIDDEN; h++) {
        float sum = 0;
        for (int i = 0; i < INPUT; i++) {
          sum += x[row * INPUT + i] * w1[i * HIDDEN + h];
        }
        y[row] += Math.max(0, sum) * w2[h];
      }
    }
    return y;
  }

  private static GraphWriter table(GraphWriter graph) {
    return graph
        .floats("table", Weights.uniform(40, VOCABULARY * WIDTH, 1), VOCABULARY, WIDTH)
        .ints("zero", 0)
        .ints("along", 1)
        .ints("last", 2);
  }

  private static GraphWriter lookUp(GraphWriter graph, String ids, String name) {
    return table(graph)
        .node(
            "GatherV2",
            name,
            "table " + ids + " zero",
            type("Tparams", FLOAT),
            type("Tindices", INT64),
            type("Taxis", INT32));
  }

  /**
   * ids INT64[?,?] to vectors FLOAT32[?,?,8] and their sum FLOAT32[?,8]. An id outside the table
   * makes the run fail.
   */
  public static GraphWriter gather() {
    return lookUp(new GraphWriter().input("ids", INT64, -1, -1), "ids", "vectors")
        .node("Sum", "sum", "vectors along", type("T", FLOAT), type("Tidx", INT32))
        .describe("vectors", "vectors:0", FLOAT, -1, -1, WIDTH)
        .describe("sum", "sum:0", FLOAT, -1, WIDTH)
        .signature(DEFAULT, "ids", "vectors sum");
  }

  /** Row by row, the table of {@link #gather} and {@link #maskedMean}. */
  public static float[] table() {
    return Weights.uniform(40, VOCABULARY * WIDTH, 1);
  }

  /**
   * input_ids and attention_mask INT64[?,?] to tokens FLOAT32[?,?,8] and mean FLOAT32[?,8], the
   * mean of the tokens whose mask is 1. The dimensions are named batch and sequence.
   */
  public static GraphWriter maskedMean() {
    GraphWriter graph =
        new GraphWriter()
            .input("input_ids", INT64, -1, -1)
            .input("attention_mask", INT64, -1, -1)
            .floats("least", new float[] {1e-9f});
    return lookUp(graph, "input_ids", "tokens")
        .node("Cast", "mask", "attention_mask", type("SrcT", INT64), type("DstT", FLOAT))
        .node("ExpandDims", "column", "mask last", type("T", FLOAT), type("Tdim", INT32))
        .node("Mul", "kept", "tokens column", type("T", FLOAT))
        .node("Sum", "total", "kept along", type("T", FLOAT), type("Tidx", INT32))
        .node(
            "Sum",
            "count",
            "mask along",
            type("T", FLOAT),
            type("Tidx", INT32),
            flag("keep_dims", true))
        .node("Maximum", "divisor", "count least", type("T", FLOAT))
        .node("RealDiv", "mean", "total divisor", type("T", FLOAT))
        .describe("tokens", "tokens:0", FLOAT, -1, -1, WIDTH)
        .describe("mean", "mean:0", FLOAT, -1, WIDTH)
        .named("input_ids", "batch", "sequence")
        .named("attention_mask", "batch", "sequence")
        .named("tokens", "batch", "sequence", "")
        .named("mean", "batch", "")
        .signature(DEFAULT, "input_ids attention_mask", "tokens mean");
  }

  /** The mean of one row. */
  public static float[] maskedMeanReference(long[] ids, long[] mask) {
    float[] table = table();
    double[] sum = new double[WIDTH];
    double count = 0;
    for (int i = 0; i < ids.length; i++) {
      count += mask[i];
      for (int column = 0; column < WIDTH; column++) {
        sum[column] += (double) mask[i] * table[(int) ids[i] * WIDTH + column];
      }
    }
    float[] mean = new float[WIDTH];
    for (int column = 0; column < WIDTH; column++) {
      mean[column] = (float) (sum[column] / Math.max(count, 1e-9));
    }
    return mean;
  }

  /** id INT64[?] to answer INT64[?], {@code id * 1000003 + 7}. */
  public static GraphWriter ledger() {
    return new GraphWriter()
        .input("id", INT64, -1)
        .node("Const", "factor", "", type("dtype", INT64), value(longTensor(1000003)))
        .node("Const", "offset", "", type("dtype", INT64), value(longTensor(7)))
        .node("Mul", "product", "id factor", type("T", INT64))
        .node("AddV2", "answer", "product offset", type("T", INT64))
        .describe("answer", "answer:0", INT64, -1)
        .signature(DEFAULT, "id", "answer");
  }

  private static TensorProto longTensor(long value) {
    return TensorProto.newBuilder()
        .setDtype(INT64)
        .setTensorShape(GraphWriter.shapeOf())
        .addInt64Val(value)
        .build();
  }

  /** x of this type [?,?] to y, the same; TensorFlow gives the very buffer back. */
  public static GraphWriter identity(DataType type) {
    org.tensorflow.proto.DataType own = toTensorFlow(type);
    return new GraphWriter()
        .input("x", own, -1, -1)
        .node("Identity", "y", "x", type("T", own))
        .describe("y", "y:0", own, -1, -1)
        .signature(DEFAULT, "x", "y");
  }

  /**
   * x and mask FLOAT32[?,n], id INT64[?] and name STRING[?] to y, the negative of x, and to mask,
   * id and name: the signature's outputs name the tensors that its inputs name.
   */
  public static GraphWriter passThrough() {
    return new GraphWriter()
        .input("x", FLOAT, -1, -1)
        .input("mask", FLOAT, -1, -1)
        .input("id", INT64, -1)
        .input("name", STRING, -1)
        .node("Neg", "y", "x", type("T", FLOAT))
        .describe("y", "y:0", FLOAT, -1, -1)
        .named("x", "batch", "n")
        .named("mask", "batch", "n")
        .named("y", "batch", "n")
        .named("id", "batch")
        .named("name", "batch")
        .signature(DEFAULT, "x mask id name", "y mask id name");
  }

  private static org.tensorflow.proto.DataType toTensorFlow(DataType type) {
    return switch (type) {
      case FLOAT32 -> FLOAT;
      case FLOAT64 -> org.tensorflow.proto.DataType.DT_DOUBLE;
      case FLOAT16 -> org.tensorflow.proto.DataType.DT_HALF;
      case BFLOAT16 -> org.tensorflow.proto.DataType.DT_BFLOAT16;
      case INT8 -> org.tensorflow.proto.DataType.DT_INT8;
      case INT16 -> org.tensorflow.proto.DataType.DT_INT16;
      case INT32 -> INT32;
      case INT64 -> INT64;
      case UINT8 -> org.tensorflow.proto.DataType.DT_UINT8;
      case UINT16 -> org.tensorflow.proto.DataType.DT_UINT16;
      case UINT32 -> org.tensorflow.proto.DataType.DT_UINT32;
      case UINT64 -> org.tensorflow.proto.DataType.DT_UINT64;
      case BOOL -> BOOL;
      case STRING -> STRING;
      case SEQUENCE -> throw new IllegalArgumentException("no input is a sequence");
    };
  }

  /** x FLOAT32[?,2] to label STRING[?]: yes if the second column is the larger, else no. */
  public static GraphWriter stringLabels() {
    return new GraphWriter()
        .input("x", FLOAT, -1, 2)
        .ints("along", 1)
        .ints("zero", 0)
        .node(
            "ArgMax",
            "index",
            "x along",
            type("T", FLOAT),
            type("Tidx", INT32),
            type("output_type", INT64))
        .node("Const", "names", "", type("dtype", STRING), value(names("no", "yes")))
        .node(
            "GatherV2",
            "label",
            "names index zero",
            type("Tparams", STRING),
            type("Tindices", INT64),
            type("Taxis", INT32))
        .describe("label", "label:0", STRING, -1)
        .signature(DEFAULT, "x", "label");
  }

  private static TensorProto names(String... names) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setDtype(STRING).setTensorShape(GraphWriter.shapeOf(names.length));
    for (String name : names) {
      tensor.addStringVal(ByteString.copyFromUtf8(name));
    }
    return tensor.build();
  }

  /**
   * x FLOAT32[?,64] and loops INT64[?] to y FLOAT32[?,64]: x multiplied by a matrix, as often as
   * the largest of loops says, in a while loop of two functions. The matrix is its own inverse:
   * after an even number, y is x up to rounding.
   */
  public static GraphWriter slow() {
    String state = "i:DT_INT64 most:DT_INT64 v:DT_FLOAT m:DT_FLOAT";
    return new GraphWriter()
        .function(
            "more", state, "go:DT_BOOL=less:z:0", make("Less", "less", "i most", type("T", INT64)))
        .function(
            "step",
            state,
            "i1:DT_INT64=add:z:0 most1:DT_INT64=most v1:DT_FLOAT=mul:product:0 m1:DT_FLOAT=m",
            make("Const", "one", "", type("dtype", INT64), value(longTensor(1))),
            make("AddV2", "add", "i one:output:0", type("T", INT64)),
            make("MatMul", "mul", "v m", type("T", FLOAT)))
        .input("x", FLOAT, -1, SLOW_WIDTH)
        .input("loops", INT64, -1)
        .floats("m", Weights.reflection(5, SLOW_WIDTH), SLOW_WIDTH, SLOW_WIDTH)
        .ints("along", 0)
        .node("Const", "zero", "", type("dtype", INT64), value(longTensor(0)))
        .node("Max", "most", "loops along", type("T", INT64), type("Tidx", INT32))
        .node(
            "StatelessWhile",
            "loop",
            "zero most x m",
            types("T", INT64, INT64, FLOAT, FLOAT),
            function("cond", "more"),
            function("body", "step"),
            number("parallel_iterations", 1))
        .node("Identity", "y", "loop:2", type("T", FLOAT))
        .describe("y", "y:0", FLOAT, -1, SLOW_WIDTH)
        .signature(DEFAULT, "x loops", "y");
  }

  /** The matrix product c FLOAT32[3,2] of a FLOAT32[3,4] and b FLOAT32[4,2]. */
  public static GraphWriter noBatchAxis() {
    return new GraphWriter()
        .input("a", FLOAT, 3, 4)
        .input("b", FLOAT, 4, 2)
        .node("MatMul", "c", "a b", type("T", FLOAT))
        .describe("c", "c:0", FLOAT, 3, 2)
        .signature(DEFAULT, "a b", "c");
  }

  /** x FLOAT32[?,4] to the scalar total, the sum of all rows. */
  public static GraphWriter scalarOutput() {
    return new GraphWriter()
        .input("x", FLOAT, -1, 4)
        .ints("axes", 0, 1)
        .node("Sum", "total", "x axes", type("T", FLOAT), type("Tidx", INT32))
        .describe("total", "total:0", FLOAT)
        .signature(DEFAULT, "x", "total");
  }

  /** a and b FLOAT32[?,3] to their product and sum; in the order of their names. */
  public static GraphWriter twoInputs() {
    return new GraphWriter()
        .input("a", FLOAT, -1, 3)
        .input("b", FLOAT, -1, 3)
        .node("AddV2", "add", "a b", type("T", FLOAT))
        .node("Mul", "mul", "a b", type("T", FLOAT))
        .describe("sum", "add:0", FLOAT, -1, 3)
        .describe("product", "mul:0", FLOAT, -1, 3)
        .signature(DEFAULT, "a b", "sum product");
  }

  /** x FLOAT32[?,4] to indices INT64[?,2] of the values that are not zero. */
  public static GraphWriter dataDependent() {
    return new GraphWriter()
        .input("x", FLOAT, -1, 4)
        .node("Where", "indices", "x", type("T", FLOAT))
        .describe("indices", "indices:0", INT64, -1, 2)
        .signature(DEFAULT, "x", "indices");
  }

  /** x FLOAT32 to y, its negative; the model declares no shape, not even a rank. */
  public static GraphWriter anyShape() {
    return new GraphWriter()
        .input("x", FLOAT, (long[]) null)
        .node("Neg", "y", "x", type("T", FLOAT))
        .describe("y", "y:0", FLOAT, (long[]) null)
        .signature(DEFAULT, "x", "y");
  }

  /** past and x FLOAT32[...,2,?,4] to present, x behind past along the axis but one. */
  public static GraphWriter keyCache(long... batch) {
    long[] dims = Arrays.copyOf(batch, batch.length + 3);
    dims[batch.length] = 2;
    dims[batch.length + 1] = -1;
    dims[batch.length + 2] = 4;
    return new GraphWriter()
        .input("past", FLOAT, dims)
        .input("x", FLOAT, dims)
        .ints("axis", batch.length + 1)
        .node(
            "ConcatV2",
            "present",
            "past x axis",
            type("T", FLOAT),
            type("Tidx", INT32),
            number("N", 2))
        .describe("present", "present:0", FLOAT, dims)
        .signature(DEFAULT, "past x", "present");
  }

  /** images and texts FLOAT32[batch,4] to their negatives. */
  public static GraphWriter namesakes() {
    return imagesAndTexts()
        .node("Neg", "no_images", "images", type("T", FLOAT))
        .node("Neg", "no_texts", "texts", type("T", FLOAT))
        .describe("images_out", "no_images:0", FLOAT, -1, 4)
        .named("images_out", "batch", "")
        .describe("texts_out", "no_texts:0", FLOAT, -1, 4)
        .named("texts_out", "batch", "")
        .signature(DEFAULT, "images texts", "images_out texts_out");
  }

  /** images and texts FLOAT32[batch,4] to the product FLOAT32[batch,batch] of all pairs. */
  public static GraphWriter scores() {
    return imagesAndTexts()
        .node("MatMul", "scores", "images texts", type("T", FLOAT), flag("transpose_b", true))
        .describe("scores", "scores:0", FLOAT, -1, -1)
        .named("scores", "batch", "batch")
        .signature(DEFAULT, "images texts", "scores");
  }

  private static GraphWriter imagesAndTexts() {
    return new GraphWriter()
        .input("images", FLOAT, -1, 4)
        .named("images", "batch", "")
        .input("texts", FLOAT, -1, 4)
        .named("texts", "batch", "");
  }

  /** x FLOAT32[?,3] and unused INT64[?] to y, the negative of x. */
  public static GraphWriter unusedInput() {
    return new GraphWriter()
        .input("unused", INT64, -1)
        .input("x", FLOAT, -1, 3)
        .node("Neg", "y", "x", type("T", FLOAT))
        .describe("y", "y:0", FLOAT, -1, 3)
        .signature(DEFAULT, "unused x", "y");
  }

  /** x FLOAT32[?,4] to y, the same less the mean of all rows: an answer depends on batch-mates. */
  public static GraphWriter centred() {
    return new GraphWriter()
        .input("x", FLOAT, -1, 4)
        .ints("along", 0)
        .node("Mean", "mean", "x along", type("T", FLOAT), type("Tidx", INT32))
        .node("Sub", "y", "x mean", type("T", FLOAT))
        .describe("y", "y:0", FLOAT, -1, 4)
        .signature(DEFAULT, "x", "y");
  }

  /** ids INT64[?,?] to mean FLOAT32[?,8] of their rows, padding among them: there is no mask. */
  public static GraphWriter leakyMean() {
    return lookUp(new GraphWriter().input("ids", INT64, -1, -1), "ids", "vectors")
        .node("Mean", "mean", "vectors along", type("T", FLOAT), type("Tidx", INT32))
        .describe("mean", "mean:0", FLOAT, -1, WIDTH)
        .signature(DEFAULT, "ids", "mean");
  }

  /** x FLOAT32[?,2]: serving_default doubles it to y, the signature negate gives its negative. */
  public static GraphWriter twoSignatures() {
    return new GraphWriter()
        .input("x", FLOAT, -1, 2)
        .node("AddV2", "y", "x x", type("T", FLOAT))
        .node("Neg", "minus", "x", type("T", FLOAT))
        .describe("y", "y:0", FLOAT, -1, 2)
        .describe("negative", "minus:0", FLOAT, -1, 2)
        .signature(DEFAULT, "x", "y")
        .signature("negate", "x", "negative");
  }

  /**
   * x FLOAT32[2] to last FLOAT32[2], what the call for stored before was given: a variable keeps x,
   * the very buffer. It is set to -1 at load.
   */
  public static GraphWriter remember() {
    return new GraphWriter()
        .input("x", FLOAT, 2)
        .node(
            "VarHandleOp",
            "variable",
            "",
            type("dtype", FLOAT),
            shape("shape", 2),
            GraphWriter.text("shared_name", "remembered"))
        .node("AssignVariableOp", "store", "variable x", type("dtype", FLOAT))
        .node("ReadVariableOp", "read", "variable", type("dtype", FLOAT))
        .node("Identity", "last", "read ^read", type("T", FLOAT))
        .node("Identity", "stored", "x ^store", type("T", FLOAT))
        .floats("first", new float[] {-1, -1}, 2)
        .node("AssignVariableOp", "init", "variable first", type("dtype", FLOAT))
        .describe(
            "__saved_model_init_op",
            "init",
            org.tensorflow.proto.DataType.DT_INVALID,
            (long[]) null)
        .signature("__saved_model_init_op", "", "__saved_model_init_op")
        .describe("last", "last:0", FLOAT, 2)
        .describe("stored", "stored:0", FLOAT, 2)
        .signature(DEFAULT, "x", "last stored");
  }
}

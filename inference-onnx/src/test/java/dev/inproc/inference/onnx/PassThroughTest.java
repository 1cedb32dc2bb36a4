package dev.inproc.inference.onnx;

import static dev.inproc.inference.onnx.testing.Attributes.graph;
import static dev.inproc.inference.onnx.testing.Attributes.integer;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxOptions.Optimization;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.SentinelEngine;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Outputs that nothing computes: inputs, constants, what an optimizer makes of operators that do
 * nothing, what a subgraph passes on. Each answers as ONNX Runtime's own binding does without
 * pinned outputs, bit for bit, whatever the lent memory held.
 */
class PassThroughTest {
  private static final int FLOAT = DataType.FLOAT_VALUE;
  private static final int LONG = DataType.INT64_VALUE;
  private static final int BOOL = DataType.BOOL_VALUE;
  private static final SessionOptions WHOLE =
      SessionOptions.builder().integrity(IntegrityOptions.skip()).batchAxis(BatchAxis.NONE).build();

  private static final List<Form> FORMS = new ArrayList<>();

  private static GraphBuilder xToY() {
    return new GraphBuilder("x-to-y").input("x", FLOAT, "batch,n").output("y", FLOAT, "batch,n");
  }

  private static TensorProto yes() {
    return TensorProto.newBuilder().setName("go").setDataType(BOOL).addInt32Data(1).build();
  }

  /** A loop over x that passes its state on, or changes it. */
  private static GraphBuilder loop(long trips, GraphBuilder body) {
    return xToY()
        .axes("trips", trips)
        .initializer(yes())
        .node("Squeeze", "trips -> times")
        .node("Loop", "times go x -> y", graph("body", body));
  }

  private static GraphBuilder body() {
    return new GraphBuilder("body").input("i", LONG, "").input("c", BOOL, "");
  }

  private static Map<String, GraphBuilder> all() {
    Map<String, GraphBuilder> all = new LinkedHashMap<>();
    all.put(
        "an input beside an answer",
        xToY()
            .input("mask", FLOAT, "batch,n")
            .output("mask", FLOAT, "batch,n")
            .node("Relu", "x -> y"));
    all.put(
        "nothing but an input",
        new GraphBuilder("x").input("x", FLOAT, "batch,n").output("x", FLOAT, "batch,n"));
    all.put(
        "an input that an operator could change",
        xToY().output("x", FLOAT, "batch,n").node("Relu", "x -> a").node("Neg", "a -> y"));
    all.put(
        "ids",
        xToY().input("id", LONG, "batch").output("id", LONG, "batch").node("Relu", "x -> y"));
    all.put(
        "an input of a wrongly declared shape",
        xToY().input("id", FLOAT, "batch,n").output("id", FLOAT, "batch,7").node("Relu", "x -> y"));
    all.put(
        "an input of another name for its rows",
        xToY().input("id", FLOAT, "batch,n").output("id", FLOAT, "rows,m").node("Relu", "x -> y"));
    all.put("an output named twice", xToY().output("y", FLOAT, "batch,n").node("Relu", "x -> y"));
    all.put(
        "an input named twice",
        new GraphBuilder("x")
            .input("x", FLOAT, "batch,n")
            .output("x", FLOAT, "batch,n")
            .output("x", FLOAT, "batch,n"));
    all.put("a constant", constant().output("c", FLOAT, "1,3"));
    all.put(
        "a constant by Identity", constant().node("Identity", "c -> d").output("d", FLOAT, "1,3"));
    all.put(
        "a constant that is an optional input",
        constant().input("c", FLOAT, "1,3").output("c", FLOAT, "1,3"));
    all.put("Identity", xToY().node("Identity", "x -> y"));
    all.put(
        "Identity twice, to two outputs",
        xToY().output("z", FLOAT, "batch,n").node("Identity", "x -> y").node("Identity", "y -> z"));
    all.put("Dropout", xToY().node("Dropout", "x -> y"));
    all.put("Cast", xToY().node("Cast", "x -> y", integer("to", FLOAT)));
    all.put("Reshape", xToY().axes("s", 0, -1).node("Reshape", "x s -> y"));
    all.put("Flatten", xToY().node("Flatten", "x -> y"));
    all.put("Expand", xToY().axes("s", 1, 1).node("Expand", "x s -> y"));
    all.put(
        "Unsqueeze and Squeeze",
        xToY().axes("a", 0).node("Unsqueeze", "x a -> u").node("Squeeze", "u a -> y"));
    all.put("Transpose twice", xToY().node("Transpose", "x -> t").node("Transpose", "t -> y"));
    all.put("Concat of one", xToY().node("Concat", "x -> y", integer("axis", 1)));
    all.put("Sum of one", xToY().node("Sum", "x -> y"));
    all.put("plus 0", xToY().initializer("o", new float[] {0}).node("Add", "x o -> y"));
    all.put("times 1", xToY().initializer("i", new float[] {1}).node("Mul", "x i -> y"));
    all.put(
        "Slice of all", xToY().axes("s", 0).axes("e", Long.MAX_VALUE).node("Slice", "x s e -> y"));
    all.put("Slice of nothing", xToY().axes("s", 0).axes("e", 0).node("Slice", "x s e -> y"));
    all.put(
        "If, either branch an Identity of an outer value",
        xToY()
            .initializer("zero", new float[] {0})
            .node("ReduceMax", "x -> most", integer("keepdims", 0))
            .node("Greater", "most zero -> positive")
            .node(
                "If",
                "positive -> y",
                graph("then_branch", branch("t")),
                graph("else_branch", branch("e"))));
    all.put(
        "Loop that passes its state on",
        loop(
            2,
            body()
                .input("v", FLOAT, "batch,n")
                .output("c", BOOL, "")
                .output("v", FLOAT, "batch,n")));
    all.put(
        "Loop of no round",
        loop(
            0,
            body()
                .input("v", FLOAT, "batch,n")
                .output("c2", BOOL, "")
                .output("v2", FLOAT, "batch,n")
                .node("Identity", "c -> c2")
                .node("Neg", "v -> v2")));
    all.put("Optional", xToY().node("Optional", "x -> o").node("OptionalGetElement", "o -> y"));
    return all;
  }

  private static GraphBuilder constant() {
    return xToY().node("Relu", "x -> y").initializer("c", new float[] {1, 2, 3}, 1, 3);
  }

  private static GraphBuilder branch(String output) {
    return new GraphBuilder(output)
        .output(output, FLOAT, "batch,n")
        .node("Identity", "x -> " + output);
  }

  /** A form, its inputs, and what the binding answers where it chooses the outputs' memory. */
  private record Form(String name, byte[] model, List<Tensors> inputs, List<Tensors> expected) {}

  @BeforeAll
  static void askTheBareBinding() throws OrtException {
    OrtEnvironment environment = OnnxRuntime.environment("bare", OnnxOptions.DEFAULT);
    for (Map.Entry<String, GraphBuilder> each : all().entrySet()) {
      Form form =
          new Form(each.getKey(), each.getValue().build(), new ArrayList<>(), new ArrayList<>());
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(1);
        try (OrtSession session = environment.createSession(form.model, options)) {
          for (int seed = 1; seed <= 3; seed++) {
            Tensors inputs = inputs(session, seed);
            form.inputs.add(inputs);
            form.expected.add(bare(environment, session, inputs));
          }
        }
      }
      FORMS.add(form);
    }
  }

  private static Tensors inputs(OrtSession session, int seed) throws OrtException {
    List<String> names = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    for (NodeInfo input : session.getInputInfo().values()) {
      float at = seed * 10 + names.size();
      names.add(input.getName());
      tensors.add(
          ((TensorInfo) input.getInfo()).getShape().length == 1
              ? Tensor.of((long) at, -1L)
              : Tensor.of(Shape.of(2, 3), at, -at, 0.5f, -0f, Float.NaN, 1e-30f));
    }
    return Tensors.of(names, tensors.toArray(Tensor[]::new));
  }

  private static Tensors bare(OrtEnvironment environment, OrtSession session, Tensors inputs)
      throws OrtException {
    List<String> names = new ArrayList<>();
    List<Tensor> answers = new ArrayList<>();
    Map<String, OnnxTensor> feeds = new LinkedHashMap<>();
    try {
      for (String name : inputs.names()) {
        Tensor tensor = inputs.get(name);
        long[] dims = tensor.shape().dims();
        feeds.put(
            name,
            dims.length == 1
                ? OnnxTensor.createTensor(environment, LongBuffer.wrap(tensor.toLongs()), dims)
                : OnnxTensor.createTensor(environment, FloatBuffer.wrap(tensor.toFloats()), dims));
      }
      try (OrtSession.Result result = session.run(feeds)) {
        for (Map.Entry<String, OnnxValue> each : result) {
          OnnxTensor tensor = (OnnxTensor) each.getValue();
          names.add(each.getKey());
          answers.add(copy(tensor, Shape.of(tensor.getInfo().getShape())));
        }
      }
    } finally {
      feeds.values().forEach(OnnxTensor::close);
    }
    return Tensors.of(names, answers.toArray(Tensor[]::new));
  }

  private static Tensor copy(OnnxTensor tensor, Shape shape) {
    int count = (int) shape.elements();
    if (tensor.getInfo().type == OnnxJavaType.INT64) {
      long[] longs = new long[count];
      tensor.getLongBuffer().get(longs);
      return Tensor.of(shape, longs);
    }
    float[] floats = new float[count];
    if (count > 0) {
      tensor.getFloatBuffer().get(floats);
    }
    return Tensor.of(shape, floats);
  }

  private static void check(Form form, OnnxOptions options) {
    ModelSource source = ModelSource.bytes("model", form.model);
    try (Session session = new SentinelEngine(new OnnxEngine(options)).load(source, WHOLE)) {
      for (int i = 0; i < form.inputs.size(); i++) {
        assertEquals(form.expected.get(i), session.predict(form.inputs.get(i)), form.name);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyForm_atEachLevel_answersAsTheBareBinding(Optimization level) {
    OnnxOptions options = OnnxOptions.builder().optimization(level).build();
    FORMS.forEach(form -> check(form, options));
  }

  @Test
  void everyForm_fromAnOptimizedGraph_answersAsTheBareBinding(@TempDir Path cache) {
    OnnxOptions options = OnnxOptions.builder().optimizedModelCache(cache).build();
    FORMS.forEach(form -> check(form, options)); // writes it
    FORMS.forEach(form -> check(form, options)); // reads it
  }
}

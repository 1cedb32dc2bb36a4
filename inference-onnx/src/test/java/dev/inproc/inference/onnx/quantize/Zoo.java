package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** Small graphs, each with a form of product that exporters write. */
final class Zoo {
  static final int K = 48;
  static final int N = 24;

  private Zoo() {}

  /**
   * A model and an input.
   *
   * @param quantizable how many nodes of it have a constant FP32 matrix
   * @param externalData what is in the file {@code weights.bin}, or nothing
   */
  record Animal(String name, byte[] model, Tensor input, int quantizable, byte[] externalData) {
    Path write(Path directory) throws IOException {
      Path file = directory.resolve("model.onnx");
      Files.write(file, model);
      if (externalData.length > 0) {
        Files.write(directory.resolve("weights.bin"), externalData);
      }
      return file;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static float[] normal(long seed, int count) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static Tensor x(long... dims) {
    Shape shape = Shape.of(dims);
    return Tensor.of(shape, normal(7, (int) shape.elements()));
  }

  private static GraphBuilder xToY(String name, String x, String y) {
    return new GraphBuilder(name)
        .input("x", DataType.FLOAT_VALUE, x)
        .output("y", DataType.FLOAT_VALUE, y);
  }

  private static Animal animal(GraphBuilder graph, String name, Tensor input, int quantizable) {
    return new Animal(name, graph.build(), input, quantizable, new byte[0]);
  }

  private static AttributeProto number(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  /** Graphs whose first axis is the batch, so that a row may be run alone. */
  static Stream<Animal> batched() {
    Set<String> names =
        Set.of(
            "2-D MatMul",
            "3-D MatMul",
            "4-D MatMul",
            "shared weight and activation",
            "opset 7, initializer among the inputs",
            "opset 9 with TopK",
            "opset 20",
            "LayerNormalization",
            "Relu",
            "Gelu",
            "Gelu by Erf",
            "Swish",
            "If, with weights inside and outside");
    List<Animal> batched = all().stream().filter(each -> names.contains(each.name())).toList();
    assertEquals(names.size(), batched.size());
    return batched.stream();
  }

  static List<Animal> all() {
    List<Animal> zoo = new ArrayList<>();
    String[] shapes = {"48", "batch,48", "batch,seq,48", "batch,head,seq,48"};
    String[] outputs = {"24", "batch,24", "batch,seq,24", "batch,head,seq,24"};
    Tensor[] inputs = {x(48), x(5, 48), x(2, 3, 48), x(2, 3, 4, 48)};
    for (int i = 0; i < shapes.length; i++) {
      zoo.add(
          animal(
              xToY("matmul", shapes[i], outputs[i])
                  .initializer("w", normal(1, K * N), K, N)
                  .node("MatMul", "x w -> y"),
              (i + 1) + "-D MatMul",
              inputs[i],
              1));
    }
    String[] biases = {"1", "24", "1,24", "5,1", "5,24"};
    for (String bias : biases) {
      long[] dims = java.util.Arrays.stream(bias.split(",")).mapToLong(Long::parseLong).toArray();
      int size = (int) java.util.Arrays.stream(dims).reduce(1, (a, b) -> a * b);
      zoo.add(
          animal(
              xToY("gemm", "5,48", "5,24")
                  .initializer("w", normal(1, K * N), N, K)
                  .initializer("c", normal(2, size), dims)
                  .node(
                      "Gemm",
                      "x w c -> y",
                      NodeProtos.integer("transB", 1),
                      number("alpha", 0.5f),
                      number("beta", 2)),
              "Gemm, transposed weight, bias [" + bias + "]",
              x(5, 48),
              1));
    }
    zoo.add(
        animal(
            xToY("gemm", "48,batch", "batch,24")
                .initializer("w", normal(1, K * N), K, N)
                .node("Gemm", "x w -> y", NodeProtos.integer("transA", 1)),
            "Gemm, transposed input, no bias",
            x(48, 5),
            1));
    zoo.add(
        animal(
            xToY("shared", "batch,48", "batch,48")
                .initializer("w", normal(1, K * K), K, K)
                .node("MatMul", "x w -> a")
                .node("MatMul", "x w -> b")
                .node("Relu", "b -> c")
                .node("MatMul", "c w -> d")
                .node("Add", "a d -> y"),
            "shared weight and activation",
            x(5, 48),
            3));
    zoo.add(
        animal(
            xToY("tied", "batch,48", "batch,48")
                .initializer("w", normal(1, K * K), K, K)
                .node("MatMul", "x w -> a")
                .node("Add", "a w -> y"),
            "weight that is read elsewhere too",
            x(48, 48),
            1));
    zoo.add(
        animal(
            xToY("old", "batch,48", "batch,24")
                .irVersion(3)
                .opset("", 7)
                .input("w", DataType.FLOAT_VALUE, "48,24")
                .initializer("w", normal(1, K * N), K, N)
                .node("Clip", "x -> a", number("min", -1), number("max", 1))
                .node("MatMul", "a w -> y"),
            "opset 7, initializer among the inputs",
            x(5, 48),
            1));
    zoo.add(
        animal(
            xToY("slice", "batch,96", "batch,24")
                .opset("", 9)
                .initializer("w", normal(1, K * N), K, N)
                .node(
                    "Slice",
                    "x -> a",
                    NodeProtos.integers("starts", 0L),
                    NodeProtos.integers("ends", 48L),
                    NodeProtos.integers("axes", 1L))
                .node("Pad", "a -> b", NodeProtos.integers("pads", 0L, 0L, 0L, 0L))
                .node("MatMul", "b w -> y"),
            "opset 9 with Slice and Pad",
            x(5, 96),
            1));
    zoo.add(
        animal(
            xToY("top", "batch,96", "batch,24")
                .opset("", 9)
                .initializer("w", normal(1, K * N), K, N)
                .node(
                    "TopK", "x -> a i", NodeProtos.integer("k", 48), NodeProtos.integer("axis", 1))
                .node("MatMul", "a w -> y"),
            "opset 9 with TopK",
            x(5, 96),
            1));
    zoo.add(
        animal(
            xToY("new", "batch,48", "batch,24")
                .opset("", 20)
                .initializer("w", normal(1, K * N), K, N)
                .node("MatMul", "x w -> y"),
            "opset 20",
            x(5, 48),
            1));
    zoo.add(
        animal(
            xToY("normalized", "batch,48", "batch,24")
                .initializer("w", normal(1, K * N), K, N)
                .initializer("g", normal(3, K), K)
                .initializer("b", normal(4, K), K)
                .node("LayerNormalization", "x g b -> n")
                .node("MatMul", "n w -> y"),
            "LayerNormalization",
            x(5, 48),
            1));
    zoo.addAll(activations());
    zoo.add(constantNode());
    zoo.add(subgraphs());
    zoo.add(external());
    return zoo;
  }

  /** What leaves nothing, or little, below 0, in the forms that exporters write. */
  private static List<Animal> activations() {
    return List.of(
        activated("Relu", xToY("relu", "batch,48", "batch,24").node("Relu", "x -> a")),
        activated(
            "Gelu", xToY("gelu", "batch,48", "batch,24").opset("", 20).node("Gelu", "x -> a")),
        activated(
            "Gelu by Erf",
            xToY("erf", "batch,48", "batch,24")
                .initializer("root", new float[] {(float) Math.sqrt(2)})
                .initializer("one", new float[] {1})
                .initializer("half", new float[] {0.5f})
                .node("Div", "x root -> b")
                .node("Erf", "b -> c")
                .node("Add", "c one -> d")
                .node("Mul", "x d -> e")
                .node("Mul", "e half -> a")),
        activated(
            "Swish",
            xToY("swish", "batch,48", "batch,24")
                .node("Sigmoid", "x -> b")
                .node("Mul", "x b -> a")));
  }

  private static Animal activated(String name, GraphBuilder xToA) {
    return animal(
        xToA.initializer("w", normal(1, K * N), K, N).node("MatMul", "a w -> y"),
        name,
        x(5, 48),
        1);
  }

  private static Animal constantNode() {
    AttributeProto value =
        NodeProtos.tensor(
            "value", dev.inproc.inference.onnx.testing.Tensors.floats("", normal(1, K * N), K, N));
    return animal(
        xToY("constant", "batch,48", "batch,24")
            .node("Constant", " -> w", value)
            .node("MatMul", "x w -> y"),
        "weight in a Constant node",
        x(5, 48),
        1);
  }

  private static Animal subgraphs() {
    ModelProto inner;
    try {
      inner =
          ModelProto.parseFrom(
              new GraphBuilder("then")
                  .output("t", DataType.FLOAT_VALUE, "batch,24")
                  .initializer("own", normal(5, N * N), N, N)
                  .node("MatMul", "x w -> p")
                  .node("MatMul", "p own -> t")
                  .build());
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    AttributeProto then = graph("then_branch", inner);
    AttributeProto otherwise = graph("else_branch", inner);
    return animal(
        xToY("if", "batch,48", "batch,24")
            .initializer("w", normal(1, K * N), K, N)
            .initializer("zero", new float[] {0})
            .node("ReduceMax", "x -> m", NodeProtos.integer("keepdims", 0))
            .node("Greater", "m zero -> positive")
            .node("MatMul", "x w -> before")
            .node("Squeeze", "positive -> one")
            .node("If", "one -> z", then, otherwise)
            .node("Add", "before z -> y"),
        "If, with weights inside and outside",
        x(5, 48),
        5);
  }

  private static AttributeProto graph(String name, ModelProto model) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.GRAPH)
        .setG(model.getGraph())
        .build();
  }

  private static Animal external() {
    float[] weight = normal(1, K * N);
    ByteBuffer bytes = ByteBuffer.allocate(weight.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(weight);
    byte[] model =
        xToY("external", "batch,48", "batch,24")
            .initializer(
                dev.inproc.inference.onnx.testing.Tensors.external(
                    "w", DataType.FLOAT_VALUE, "weights.bin", bytes.capacity(), K, N))
            .initializer("c", normal(2, 24 * 48), 48, 24)
            .node("MatMul", "x w -> a")
            .node("Add", "a c -> y")
            .build();
    return new Animal("external data", model, x(48, 48), 1, bytes.array());
  }
}

package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the channels of activations look like: the model is run with outputs added that reduce each
 * activation to figures of its channels, so that engine and not Java does the arithmetic.
 */
final class Calibration {
  private static final SessionOptions AS_IT_IS =
      SessionOptions.builder().batchAxis(BatchAxis.NONE).integrity(IntegrityOptions.skip()).build();

  private final ModelFile file;
  private final GraphProto.Builder graph;
  private final GraphEdit edit;
  private final GraphScope scope;
  private final Map<String, Channels> found = new LinkedHashMap<>();
  private final Map<String, String> largest = new LinkedHashMap<>();
  private final Map<String, String> squares = new LinkedHashMap<>();

  /**
   * The channels of one activation.
   *
   * @param largest the largest size seen in each
   * @param squares the mean square of each
   */
  record Channels(float[] largest, double[] squares) {
    private void add(float[] sizes, float[] means, int runs) {
      for (int i = 0; i < largest.length; i++) {
        largest[i] = Math.max(largest[i], sizes[i]);
        squares[i] += (double) means[i] / runs;
      }
    }

    boolean isFinite() {
      boolean finite = true;
      for (int i = 0; i < largest.length; i++) {
        finite &= Float.isFinite(largest[i]) && Double.isFinite(squares[i]);
      }
      return finite;
    }
  }

  private Calibration(ModelFile file, ModelProto.Builder model, TensorSink sink, long opset) {
    this.file = file;
    graph = model.getGraphBuilder();
    scope = new GraphScope(null, graph);
    edit = new GraphEdit(scope, sink, opset);
  }

  /**
   * Runs a model.
   *
   * @param widths of each activation of interest, how many channels it has
   * @param beside where a file may be written, for it does not fit into memory twice
   */
  static Map<String, Channels> of(
      ModelFile file,
      ModelProto model,
      long opset,
      Map<String, Integer> widths,
      List<Tensors> examples,
      Path beside)
      throws IOException {
    Path trial = beside.resolveSibling(beside.getFileName() + ".calibration");
    Path data = trial.resolveSibling(trial.getFileName() + ".data");
    try {
      ModelProto.Builder copy = model.toBuilder();
      Calibration calibration;
      try (TensorSink sink =
          file.hasExternalData() ? TensorSink.beside(trial) : TensorSink.inline()) {
        calibration = new Calibration(file, copy, sink, opset);
        calibration.measure(widths, sink);
        try (var stream = Files.newOutputStream(trial)) {
          copy.build().writeTo(stream);
        }
        sink.commit();
      }
      try (Session session = Engine.named("onnx").load(ModelSource.file(trial), AS_IT_IS)) {
        calibration.run(session, examples);
      }
      return calibration.found;
    } finally {
      Files.deleteIfExists(trial);
      Files.deleteIfExists(data);
    }
  }

  private void measure(Map<String, Integer> widths, TensorSink sink) throws IOException {
    for (Map.Entry<String, Integer> each : widths.entrySet()) {
      String name = each.getKey();
      int width = each.getValue();
      String rows =
          edit.add(
              scope, "", "Reshape", List.of(name, edit.integers(-1L, (long) width)), name + "/r");
      String size = edit.add(scope, "", "Abs", List.of(rows), name + "/s");
      String square = edit.add(scope, "", "Mul", List.of(rows, rows), name + "/q");
      largest.put(name, output(edit.reduceFirst(scope, "ReduceMax", size, name + "/l"), width));
      squares.put(name, output(edit.reduceFirst(scope, "ReduceMean", square, name + "/m"), width));
      found.put(name, new Channels(new float[width], new double[width]));
    }
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      graph.setInitializer(i, sink.keep(file, graph.getInitializer(i)));
    }
  }

  private String output(String name, int width) {
    TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE);
    type.getShapeBuilder().addDimBuilder().setDimValue(width);
    graph.addOutput(
        ValueInfoProto.newBuilder()
            .setName(name)
            .setType(TypeProto.newBuilder().setTensorType(type)));
    return name;
  }

  private void run(Session session, List<Tensors> given) {
    List<Tensors> examples =
        given.isEmpty()
            ? GeneratedInputs.of(session.rawSignature(), 8, Vocabularies.of(scope))
            : given.stream()
                .map(e -> GeneratedInputs.batchOfOne(session.rawSignature(), e))
                .toList();
    for (Tensors example : examples) {
      Map<String, Tensor> answer = session.runRaw(example).asMap();
      found.forEach(
          (name, channels) ->
              channels.add(
                  floats(answer, largest.getOrDefault(name, "")),
                  floats(answer, squares.getOrDefault(name, "")),
                  examples.size()));
    }
  }

  private static float[] floats(Map<String, Tensor> answer, String name) {
    Tensor tensor = answer.get(name);
    return tensor == null ? new float[0] : tensor.toFloats();
  }
}

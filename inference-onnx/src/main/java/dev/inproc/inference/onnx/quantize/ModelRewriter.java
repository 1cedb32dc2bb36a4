package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Quantizes one model: walks its graphs, outermost first, node by node. */
final class ModelRewriter {
  private static final int INITIALIZERS_NEED_NO_INPUT = 4; // IR version

  private final ModelFile file;
  private final TensorSink sink;
  private final QuantizeOptions options;
  private final List<Tensors> examples;
  private final Path beside;
  private final ModelProto.Builder model;
  private final NodeLog log = new NodeLog();
  private long opset;
  private int normalizations;
  private long floatBytesAfter;
  private @Nullable Smoothing smoothing;
  private String note = "";

  ModelRewriter(
      ModelFile file,
      TensorSink sink,
      QuantizeOptions options,
      List<Tensors> examples,
      Path beside) {
    this.examples = examples;
    this.beside = beside;
    this.file = file;
    this.sink = sink;
    this.options = options;
    model = file.model().toBuilder();
  }

  ModelProto rewrite() throws IOException {
    opset = OpsetUpgrader.raise(file, model, options.scheme());
    GraphProto.Builder graph = model.getGraphBuilder();
    if (model.getIrVersion() < INITIALIZERS_NEED_NO_INPUT) {
      model.setIrVersion(INITIALIZERS_NEED_NO_INPUT);
      dropInputsThatAreInitializers(graph);
    }
    GraphScope root = new GraphScope(null, graph);
    ConstantUses uses = ConstantUses.of(file, root, options);
    GraphEdit edit = new GraphEdit(root, sink, opset);
    ProductInputs inputs = ProductInputs.of(file, root, uses, options);
    try (Calibration calibration = calibration(inputs)) {
      smoothing = Smoothing.of(file, root, inputs, calibration, options);
      Hessians hessians = new Hessians(calibration, inputs, smoothing, root, options);
      NodeRewriter nodes = new NodeRewriter(file, edit, options, smoothing, hessians, uses, log);
      rewrite(root, nodes, new Normalizations(edit));
      note = note(calibration);
    }
    FloatWeights.leave(file, file.model(), log);
    floatBytesAfter = FloatWeights.bytes(file, model.build()) - edit.floatBytes();
    keepTheRest(graph);
    OpsetUpgrader.require(model, NodeProtos.MICROSOFT, 1);
    metadata();
    return model.build();
  }

  private Calibration calibration(ProductInputs inputs) throws IOException {
    return options.smooths() || options.compensates()
        ? Calibration.of(file, model.build(), opset, inputs, examples, beside)
        : Calibration.NONE;
  }

  private String note(Calibration calibration) {
    String what =
        options.smooths() && options.compensates()
            ? "not smoothed and not compensated, "
            : options.smooths() ? "not smoothed, " : "not compensated, ";
    return calibration.note().isEmpty() ? "" : what + calibration.note();
  }

  QuantizationReport report(long before, long after) {
    return new QuantizationReport(
        options,
        log.changed(),
        log.left(),
        normalizations,
        smoothing == null ? 0 : smoothing.count(),
        note,
        before,
        after,
        FloatWeights.bytes(file, file.model()),
        floatBytesAfter,
        opset);
  }

  private static void dropInputsThatAreInitializers(GraphProto.Builder graph) {
    Set<String> constants = new HashSet<>();
    graph.getInitializerList().forEach(tensor -> constants.add(tensor.getName()));
    List<ValueInfoProto> inputs =
        graph.getInputList().stream().filter(in -> !constants.contains(in.getName())).toList();
    graph.clearInput().addAllInput(inputs);
  }

  private void rewrite(GraphScope scope, NodeRewriter nodes, Normalizations normalization)
      throws IOException {
    GraphProto.Builder graph = scope.graph();
    List<NodeProto> all = List.copyOf(graph.getNodeList());
    normalization.prepare(all);
    nodes.prepare(all);
    graph.clearNode();
    for (NodeProto each : all) {
      NodeProto node = withSubgraphs(each, scope, nodes, normalization);
      if (nodes.rewrite(scope, node)) {
        continue;
      }
      if (options.fasterNormalization() && normalization.rewrite(scope, node)) {
        normalizations++;
      } else {
        graph.addNode(node);
      }
    }
    nodes.dropReplaced(scope);
  }

  private NodeProto withSubgraphs(
      NodeProto node, GraphScope scope, NodeRewriter nodes, Normalizations normalization)
      throws IOException {
    if (node.getAttributeList().stream().noneMatch(a -> a.hasG() || a.getGraphsCount() > 0)) {
      return node;
    }
    NodeProto.Builder copy = node.toBuilder().clearAttribute();
    for (AttributeProto attribute : node.getAttributeList()) {
      AttributeProto.Builder changed = attribute.toBuilder();
      if (attribute.hasG()) {
        changed.setG(inner(scope.nextInner(), nodes, normalization));
      }
      for (int i = 0; i < attribute.getGraphsCount(); i++) {
        changed.setGraphs(i, inner(scope.nextInner(), nodes, normalization));
      }
      copy.addAttribute(changed);
    }
    return copy.build();
  }

  private GraphProto inner(GraphScope scope, NodeRewriter nodes, Normalizations normalization)
      throws IOException {
    rewrite(scope, nodes, normalization.inner());
    keepTheRest(scope.graph());
    return scope.graph().build();
  }

  /** Large tensors that stay FP32 go to the external file as well, if there is one. */
  private void keepTheRest(GraphProto.Builder graph) throws IOException {
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      graph.setInitializer(i, sink.keep(file, graph.getInitializer(i)));
    }
  }

  private void metadata() {
    List.of("", ".source.sha256", ".nodes").forEach(key -> drop("inproc.quantization" + key));
    put("inproc.quantization", options.toString());
    put("inproc.quantization.source.sha256", file.digest());
    put("inproc.quantization.nodes", Integer.toString(log.changed().size()));
  }

  private void put(String key, String value) {
    model.addMetadataProps(TensorSink.entry(key, value));
  }

  private void drop(String key) {
    for (int i = model.getMetadataPropsCount() - 1; i >= 0; i--) {
      if (model.getMetadataProps(i).getKey().equals(key)) {
        model.removeMetadataProps(i);
      }
    }
  }
}

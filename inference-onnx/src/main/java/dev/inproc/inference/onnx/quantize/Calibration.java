package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.inproc.inference.InferenceException;
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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The model as it was, with outputs added that show activations as rows of channels, and the
 * examples it is run on. If it cannot be run, there are no activations and a note says why.
 */
final class Calibration implements AutoCloseable {
  /** Says nothing of any activation. */
  static final Calibration NONE = new Calibration("");

  /**
   * One thread: the runs are short, and threads that wait for each other cost more than they do.
   */
  private static final SessionOptions AS_IT_IS =
      SessionOptions.builder()
          .batchAxis(BatchAxis.NONE)
          .integrity(IntegrityOptions.skip())
          .intraOpThreads(1)
          .maxIdleBytes(0) // each part of the activations is a view with buffers of its own
          .build();

  private static final long BYTES_AT_ONCE = 32L << 20; // of the activations of one run
  private static final int GENERATED = 130; // about 1,700 rows of a model with a sequence axis

  private final Map<String, String> outputs = new LinkedHashMap<>();
  private List<Tensors> examples = List.of();
  private @Nullable Session session;
  private @Nullable Path trial;
  private String note;
  private boolean generated;

  /** Takes the rows of an activation that one example gave. */
  interface RowConsumer {
    /**
     * Takes them.
     *
     * @param rows all channels of the first row, of the second, and so on
     */
    void accept(String activation, float[] rows);
  }

  private Calibration(String note) {
    this.note = note;
  }

  /**
   * Opens a model.
   *
   * @param given the examples; none for made-up ones
   * @param beside where a file may be written, for it does not fit into memory twice
   */
  static Calibration of(
      ModelFile file,
      ModelProto model,
      long opset,
      ProductInputs inputs,
      List<Tensors> given,
      Path beside)
      throws IOException {
    if (inputs.names().isEmpty()) {
      return NONE;
    }
    Calibration calibration = new Calibration("");
    try {
      calibration.open(file, model.toBuilder(), opset, inputs, given, beside);
    } catch (InferenceException | IllegalArgumentException e) {
      calibration.close();
      return new Calibration(noteOf(e));
    } catch (IOException | RuntimeException | Error e) {
      calibration.close(); // leaves no file behind
      throw e;
    }
    return calibration;
  }

  private static String noteOf(RuntimeException failure) {
    return "the model could not be run: " + failure.getMessage();
  }

  private void open(
      ModelFile file,
      ModelProto.Builder copy,
      long opset,
      ProductInputs inputs,
      List<Tensors> given,
      Path beside)
      throws IOException {
    Path path = beside.resolveSibling(beside.getFileName() + ".calibration");
    trial = path;
    GraphScope scope = new GraphScope(null, copy.getGraphBuilder());
    try (TensorSink sink = file.hasExternalData() ? TensorSink.beside(path) : TensorSink.inline()) {
      GraphEdit edit = new GraphEdit(scope, sink, opset);
      for (String name : inputs.names()) {
        String shape = edit.integers(-1L, (long) inputs.width(name));
        String rows = edit.add(scope, "", "Reshape", List.of(name, shape), name + "/r");
        outputs.put(name, rows);
        show(scope.graph(), rows, inputs.width(name));
      }
      for (int i = 0; i < scope.graph().getInitializerCount(); i++) {
        scope.graph().setInitializer(i, sink.keep(file, scope.graph().getInitializer(i)));
      }
      try (var stream = Files.newOutputStream(path)) {
        copy.build().writeTo(stream);
      }
      sink.commit();
    }
    Session opened = Engine.named("onnx").load(ModelSource.file(path), AS_IT_IS);
    session = opened;
    generated = given.isEmpty();
    examples =
        generated
            ? GeneratedInputs.of(opened.rawSignature(), GENERATED, Vocabularies.of(scope))
            : given.stream()
                .map(e -> GeneratedInputs.batchOfOne(opened.rawSignature(), e))
                .toList();
  }

  private static void show(GraphProto.Builder graph, String name, int width) {
    TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE);
    type.getShapeBuilder().addDimBuilder();
    type.getShapeBuilder().addDimBuilder().setDimValue(width);
    graph.addOutput(
        ValueInfoProto.newBuilder()
            .setName(name)
            .setType(TypeProto.newBuilder().setTensorType(type)));
  }

  /** What could not be done, or nothing. */
  String note() {
    return note;
  }

  /** How many examples there are. */
  int size() {
    return examples.size();
  }

  /** Says whether the examples are made up. */
  boolean isGenerated() {
    return generated;
  }

  /**
   * Runs the model, more than once where the activations are large: all of them at once would be
   * held in memory whole.
   *
   * @param activations what to show
   * @param limit on how many examples, evenly spread
   */
  void run(List<String> activations, int limit, RowConsumer consumer) {
    List<String> wanted = activations.stream().filter(outputs::containsKey).toList();
    Session all = session;
    if (all == null || wanted.isEmpty() || examples.isEmpty()) {
      return;
    }
    long bytes = bytes(all, outputOf(wanted.get(0)), examples);
    int atOnce = (int) Math.max(1, Math.min(wanted.size(), BYTES_AT_ONCE / bytes));
    for (int from = 0; from < wanted.size() && note.isEmpty(); from += atOnce) {
      int to = Math.min(wanted.size(), from + atOnce);
      runPart(all, wanted.subList(from, to), limit, consumer);
    }
  }

  private String outputOf(String activation) {
    return Objects.requireNonNull(outputs.get(activation), activation);
  }

  /** The bytes that an activation has for the first example. */
  private static long bytes(Session session, String output, List<Tensors> examples) {
    try {
      return Math.max(1, session.outputs(output).runRaw(examples.get(0)).at(0).byteSize());
    } catch (InferenceException | IllegalArgumentException e) {
      return 1; // the run of a part fails alike, and notes it
    }
  }

  private void runPart(Session all, List<String> wanted, int limit, RowConsumer consumer) {
    String[] names = wanted.stream().map(this::outputOf).toArray(String[]::new);
    Session view = all.outputs(names);
    int count = Math.min(limit, examples.size());
    try {
      for (int i = 0; i < count; i++) {
        Tensors example = examples.get((int) ((long) i * examples.size() / count));
        Tensors answer = view.runRaw(example);
        for (int k = 0; k < names.length; k++) {
          Tensor rows = answer.get(names[k]);
          consumer.accept(wanted.get(k), rows.toFloats());
        }
      }
    } catch (InferenceException | IllegalArgumentException e) {
      note = noteOf(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (session != null) {
      session.close();
    }
    if (trial != null) {
      Files.deleteIfExists(trial);
      Files.deleteIfExists(TensorSink.dataFile(trial));
    }
  }
}

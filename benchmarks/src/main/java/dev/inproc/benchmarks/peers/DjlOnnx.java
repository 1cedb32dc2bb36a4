package dev.inproc.benchmarks.peers;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.translate.TranslatorContext;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.benchmarks.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * DJL's engine for ONNX Runtime through a typed predictor, one for each thread as its documentation
 * asks, on one model with the same session options as the others.
 */
public final class DjlOnnx implements Contender {
  private static final String ENGINE = "OnnxRuntime";

  private final OrtSession.SessionOptions options;
  private final Model model;
  private final List<Row> rows;
  private final Queue<Predictor<Row, float[]>> opened = new ConcurrentLinkedQueue<>();
  private final ThreadLocal<Predictor<Row, float[]>> predictors;

  /** Opens it. */
  public DjlOnnx(Workload workload, int outputIndex) {
    rows = workload.examples().stream().map(Row::of).toList();
    model = Model.newInstance(workload.name(), ENGINE);
    try {
      options = Setting.bareOptions();
      Map<String, Object> settings = Map.of("sessionOptions", options);
      Path directory = Files.createTempDirectory("djl");
      Path file = Files.write(directory.resolve("model.onnx"), workload.model());
      model.load(directory, "model", settings); // a file, as its users do
      Files.delete(file);
      Files.delete(directory);
    } catch (OrtException | IOException | MalformedModelException e) {
      throw new IllegalStateException(e);
    }
    predictors =
        ThreadLocal.withInitial(
            () -> {
              Predictor<Row, float[]> predictor = model.newPredictor(new OneRow(outputIndex));
              opened.add(predictor);
              return predictor;
            });
  }

  /** To be called before anyone makes ONNX Runtime's environment, which DJL wants to do itself. */
  public static void initialize() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    Engine.getEngine(ENGINE);
  }

  @Override
  public float[] answer(int index) throws TranslateException {
    return predictors.get().predict(rows.get(index % rows.size()));
  }

  @Override
  public void close() {
    opened.forEach(Predictor::close);
    model.close();
    options.close();
  }

  private record OneRow(int outputIndex) implements NoBatchifyTranslator<Row, float[]> {
    @Override
    public NDList processInput(TranslatorContext context, Row row) {
      NDManager manager = context.getNDManager();
      NDList list = new NDList();
      for (int i = 0; i < row.names().size(); i++) {
        Shape shape = new Shape(row.shape(i, 1));
        NDArray array =
            row.arrays().get(i) instanceof long[] longs
                ? manager.create(longs, shape)
                : manager.create((float[]) row.arrays().get(i), shape);
        array.setName(row.names().get(i));
        list.add(array);
      }
      return list;
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList list) {
      return list.get(outputIndex).toFloatArray();
    }
  }
}

package dev.inproc.benchmarks;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Batchifier;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.onnx.testing.Models;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The tiny network on DJL's engine for ONNX Runtime, through its typed predictor, with the same
 * session options as the others. DJL's own {@code Batchifier.STACK} needs a second engine (PyTorch)
 * for its arithmetic; {@link Stack} does the same without.
 */
final class DjlTiny implements AutoCloseable {
  private final OrtSession.SessionOptions options;
  private final Model model;
  private final Predictor<float[], float[]> one;
  private final Predictor<float[], float[]> stacked;
  private final Predictor<float[], float[]> whole;

  DjlTiny() throws OrtException, IOException, MalformedModelException {
    // First the model: DJL insists on creating ONNX Runtime's environment itself.
    model = Model.newInstance("tiny", "OnnxRuntime");
    options = Setting.bareOptions();
    model.load(new ByteArrayInputStream(Models.tinyMlp()), Map.of("sessionOptions", options));
    one = model.newPredictor(new One());
    stacked = model.newPredictor(new Stacked());
    whole = model.newPredictor(new Whole());
  }

  float[] predict(float[] row) throws TranslateException {
    return one.predict(row);
  }

  /** Through a batchifier that stacks one array for each row, as DJL does by default. */
  List<float[]> batchPredict(List<float[]> rows) throws TranslateException {
    return stacked.batchPredict(rows);
  }

  /** Through a translator that makes one array of all rows: the most that DJL's API allows. */
  List<float[]> batchPredictWhole(List<float[]> rows) throws TranslateException {
    return whole.batchPredict(rows);
  }

  @Override
  public void close() {
    one.close();
    stacked.close();
    whole.close();
    model.close();
  }

  private static final class One implements NoBatchifyTranslator<float[], float[]> {
    @Override
    public NDList processInput(TranslatorContext context, float[] row) {
      return new NDList(context.getNDManager().create(row, new Shape(1, row.length)));
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList list) {
      return list.singletonOrThrow().toFloatArray();
    }
  }

  private static final class Stacked implements Translator<float[], float[]> {
    @Override
    public NDList processInput(TranslatorContext context, float[] row) {
      return new NDList(context.getNDManager().create(row));
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList list) {
      return list.singletonOrThrow().toFloatArray();
    }

    @Override
    public Batchifier getBatchifier() {
      return new Stack();
    }
  }

  private static final class Whole implements Translator<float[], float[]> {
    @Override
    public NDList processInput(TranslatorContext context, float[] row) {
      return batchProcessInput(context, List.of(row));
    }

    @Override
    public NDList batchProcessInput(TranslatorContext context, List<float[]> rows) {
      int width = rows.get(0).length;
      float[] all = new float[rows.size() * width];
      for (int i = 0; i < rows.size(); i++) {
        System.arraycopy(rows.get(i), 0, all, i * width, width);
      }
      return new NDList(context.getNDManager().create(all, new Shape(rows.size(), width)));
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList list) {
      return list.singletonOrThrow().toFloatArray();
    }

    @Override
    public List<float[]> batchProcessOutput(TranslatorContext context, NDList list) {
      List<float[]> answers = new ArrayList<>();
      for (float value : list.singletonOrThrow().toFloatArray()) {
        answers.add(new float[] {value});
      }
      return answers;
    }
  }

  /** Stacks vectors of floats to a matrix, and takes a matrix apart again. */
  private static final class Stack implements Batchifier {
    private static final long serialVersionUID = 1;

    @Override
    public NDList batchify(NDList[] rows) {
      NDArray first = rows[0].singletonOrThrow();
      int width = (int) first.size();
      ByteBuffer all =
          ByteBuffer.allocateDirect(rows.length * width * Float.BYTES)
              .order(ByteOrder.nativeOrder());
      for (NDList row : rows) {
        all.put(row.singletonOrThrow().toByteBuffer());
      }
      Shape shape = new Shape(rows.length, width);
      return new NDList(first.getManager().create(all.flip().asFloatBuffer(), shape));
    }

    @Override
    public NDList[] unbatchify(NDList list) {
      NDArray whole = list.singletonOrThrow();
      float[] all = whole.toFloatArray();
      NDList[] rows = new NDList[(int) whole.getShape().get(0)];
      int width = all.length / rows.length;
      for (int i = 0; i < rows.length; i++) {
        float[] row = new float[width];
        System.arraycopy(all, i * width, row, 0, width);
        rows[i] = new NDList(whole.getManager().create(row));
      }
      return rows;
    }

    @Override
    public NDList[] split(NDList list, int slices, boolean evenly) {
      throw new UnsupportedOperationException("Not for training");
    }
  }
}

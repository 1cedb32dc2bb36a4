package dev.inproc.inference.text;

import dev.inproc.inference.InferenceException;
import dev.inproc.inference.onnx.quantize.ModelInspector;
import dev.inproc.inference.onnx.quantize.ModelSummary;
import java.nio.file.Path;

/** Says what numbers a model's weights are. */
final class ModelPrecision {
  private ModelPrecision() {}

  /** Returns it in words; unknown for a model that is no file of its own. */
  static String of(TextModel model) {
    Path path = model.model().path();
    if (path == null) {
      return "unknown (not a file)";
    }
    try {
      ModelSummary summary = ModelInspector.inspect(path);
      return summary.precision()
          + (summary.scheme().equals("none") ? "" : " (" + summary.scheme() + ")");
    } catch (InferenceException e) {
      return "unknown"; // no ONNX file: of another engine
    }
  }
}

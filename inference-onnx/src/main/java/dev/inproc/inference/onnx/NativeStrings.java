package dev.inproc.inference.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.List;

/** The strings of a native tensor as the Java binding reads them; see {@link PlainText}. */
final class NativeStrings {
  private NativeStrings() {}

  static String[] of(OnnxTensor tensor) throws OrtException {
    List<String> flat = new ArrayList<>();
    flatten(tensor.getValue(), flat);
    return flat.toArray(new String[0]);
  }

  // The binding gives strings as nested arrays, or one alone.
  private static void flatten(Object value, List<String> flat) {
    if (value instanceof Object[] nested) {
      for (Object each : nested) {
        flatten(each, flat);
      }
    } else {
      flat.add((String) value);
    }
  }
}

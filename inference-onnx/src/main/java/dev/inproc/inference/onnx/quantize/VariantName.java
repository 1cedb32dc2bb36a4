package dev.inproc.inference.onnx.quantize;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a file's name claims, by the conventions of published models: {@code model_q4f16.onnx},
 * {@code model_qint8_avx512_vnni.onnx}, {@code model_O3.onnx}.
 *
 * @param precision the precision claimed, or null for none
 * @param cpu the processor feature or architecture that it was made for, or null for any
 */
record VariantName(@Nullable Precision precision, @Nullable String cpu) {
  static VariantName of(String file) {
    List<String> words =
        Arrays.asList(file.toLowerCase(Locale.ROOT).replaceAll("\\.onnx$", "").split("[_.-]", -1));
    return new VariantName(precision(words), cpu(words));
  }

  private static @Nullable Precision precision(List<String> words) {
    for (String word : words) {
      switch (word) {
        case "fp16", "float16", "f16" -> {
          return Precision.FP16;
        }
        case "fp32", "float32" -> {
          return Precision.FP32;
        }
        case "int8", "uint8", "qint8", "quint8", "quantized", "q8" -> {
          return Precision.INT8;
        }
        case "q4", "q4f16", "bnb4", "int4" -> {
          return Precision.INT4;
        }
        default -> {}
      }
    }
    return null;
  }

  private static @Nullable String cpu(List<String> words) {
    if (words.contains("vnni")) {
      return "avx512_vnni";
    }
    if (words.contains("avx512")) {
      return "avx512f";
    }
    if (words.contains("avx2")) {
      return "avx2";
    }
    return words.contains("arm64") ? "aarch64" : null;
  }
}

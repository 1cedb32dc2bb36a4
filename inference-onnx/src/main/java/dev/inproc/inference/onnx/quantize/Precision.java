package dev.inproc.inference.onnx.quantize;

/** What numbers a model's weights are, or what its products are computed in. */
public enum Precision {
  /** 64-bit floating point. */
  FP64,
  /** 32-bit floating point. */
  FP32,
  /** 16-bit floating point. */
  FP16,
  /** 16-bit floating point with the exponent of FP32. */
  BF16,
  /** 8-bit floating point, of any kind. */
  FP8,
  /** 8-bit integers. */
  INT8,
  /** 4-bit integers, or 4-bit floating point. */
  INT4,
  /** Integers of other sizes, text, or nothing at all. */
  OTHER;

  /** The precision of a TensorProto data type. */
  static Precision ofType(int type) {
    return switch (type) {
      case 1 -> FP32;
      case 2, 3 -> INT8;
      case 10 -> FP16;
      case 11 -> FP64;
      case 16 -> BF16;
      case 17, 18, 19, 20 -> FP8;
      case 21, 22, 23 -> INT4;
      default -> OTHER;
    };
  }
}

package dev.inproc.inference.onnx.format;

import org.jspecify.annotations.Nullable;

/**
 * The messages of {@code onnx.proto} that hold other messages, and which field holds which. All
 * that can hold a tensor is here, and all whose many small messages could fill the memory.
 */
enum MessageType {
  MODEL,
  TRAINING_INFO,
  FUNCTION,
  GRAPH,
  NODE,
  ATTRIBUTE,
  SPARSE_TENSOR,
  TENSOR,
  VALUE_INFO,
  TYPE,
  TYPE_OF_TENSOR,
  TYPE_OF_ELEMENTS,
  TYPE_OF_MAP,
  SHAPE,
  ANNOTATION;

  /** Returns what a length-delimited field of this number holds, or null for no message. */
  @Nullable MessageType child(int number) {
    return switch (this) {
      case MODEL ->
          switch (number) {
            case 7 -> GRAPH;
            case 20 -> TRAINING_INFO;
            case 25 -> FUNCTION;
            default -> null;
          };
      case TRAINING_INFO -> number == 1 || number == 2 ? GRAPH : null;
      case FUNCTION ->
          switch (number) {
            case 7 -> NODE;
            case 11 -> ATTRIBUTE;
            case 12 -> VALUE_INFO;
            default -> null;
          };
      case GRAPH ->
          switch (number) {
            case 1 -> NODE;
            case 5 -> TENSOR;
            case 11, 12, 13 -> VALUE_INFO;
            case 14 -> ANNOTATION;
            case 15 -> SPARSE_TENSOR;
            default -> null;
          };
      case NODE -> number == 5 ? ATTRIBUTE : null;
      case ATTRIBUTE ->
          switch (number) {
            case 5, 10 -> TENSOR;
            case 6, 11 -> GRAPH;
            case 14, 15 -> TYPE;
            case 22, 23 -> SPARSE_TENSOR;
            default -> null;
          };
      case SPARSE_TENSOR -> number == 1 || number == 2 ? TENSOR : null;
      case VALUE_INFO -> number == 2 ? TYPE : null;
      case TYPE ->
          switch (number) {
            case 1, 8 -> TYPE_OF_TENSOR;
            case 4, 9 -> TYPE_OF_ELEMENTS;
            case 5 -> TYPE_OF_MAP;
            default -> null;
          };
      case TYPE_OF_TENSOR -> number == 2 ? SHAPE : null;
      case TYPE_OF_ELEMENTS -> number == 1 ? TYPE : null;
      case TYPE_OF_MAP -> number == 2 ? TYPE : null;
      case SHAPE, ANNOTATION, TENSOR -> null;
    };
  }

  /**
   * Says whether a field that may hold a tensor occurs at most once. Protobuf merges one that
   * occurs twice, so that each half could pass a check that the whole would not.
   */
  boolean isSingle(int number) {
    return switch (this) {
      case MODEL -> number == 7;
      case TRAINING_INFO, SPARSE_TENSOR -> number == 1 || number == 2;
      case ATTRIBUTE -> number == 5 || number == 6 || number == 22;
      default -> false;
    };
  }
}

package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.TensorSpec;

/** Makes pads of {@link SessionOptions.Builder#padIfPresent}, once a model's inputs are known. */
final class OptionalPads {
  private OptionalPads() {}

  /** Returns options whose optional pads are pads, as far as the model has the inputs. */
  static SessionOptions resolved(SessionOptions options, Layout layout) {
    if (options.optionalPadValues().isEmpty() || !layout.isBatched()) {
      return options;
    }
    SessionOptions.Builder builder = options.toBuilder();
    for (int input = 0; input < layout.inputs(); input++) {
      TensorSpec spec = layout.inputSpec(input);
      Double value = options.optionalPadValues().get(spec.name());
      if (value != null
          && !options.padValues().containsKey(spec.name())
          && isSized(layout, input)) {
        builder.pad(spec.name(), value);
      }
    }
    return builder.build();
  }

  /** Returns whether an input has dimensions that differ between examples. */
  static boolean isSized(Layout layout, int input) {
    for (int axis = 0; axis < layout.inputSpec(input).rank(); axis++) {
      if (layout.inputVariable(input, axis) != Layout.FIXED) {
        return true;
      }
    }
    return false;
  }
}

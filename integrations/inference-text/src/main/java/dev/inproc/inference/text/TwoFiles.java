package dev.inproc.inference.text;

import dev.inproc.inference.engine.ModelSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A model file and a tokenizer's file, and no others. */
record TwoFiles(ModelSource model, ModelSource tokenizer) implements ModelFiles {
  TwoFiles {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(tokenizer, "tokenizer");
  }

  @Override
  public @Nullable ModelSource find(String name) {
    return name.equals(TOKENIZER) ? tokenizer : null;
  }

  @Override
  public ModelFiles withModelFile(String name) {
    throw new IllegalArgumentException(
        "TextModel.of has its model file already, " + model + ": name the other one there");
  }

  @Override
  public String toString() {
    return model + ", " + tokenizer;
  }
}

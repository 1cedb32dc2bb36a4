package dev.inproc.inference.text;

import dev.inproc.inference.engine.ModelSource;

/** Models from jars on the class path, as text models of two files. */
final class RealModels {
  private static final ClassLoader LOADER = RealModels.class.getClassLoader();

  private RealModels() {}

  static TextModel miniLm() {
    return of("all-minilm-l6-v2");
  }

  static TextModel miniLmInt8() {
    return of("all-minilm-l6-v2-q");
  }

  static TextModel bgeSmall() {
    return of("bge-small-en-v1.5");
  }

  static TextModel bgeSmallInt8() {
    return of("bge-small-en-v1.5-q");
  }

  static TextModel e5SmallInt8() {
    return of("e5-small-v2-q");
  }

  private static TextModel of(String name) {
    return TextModel.of(source(name + ".onnx"), source(name + "-tokenizer.json"));
  }

  static ModelSource source(String name) {
    return ModelSource.resource(LOADER, name);
  }
}

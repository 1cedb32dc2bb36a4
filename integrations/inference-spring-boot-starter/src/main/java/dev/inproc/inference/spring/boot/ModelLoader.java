package dev.inproc.inference.spring.boot;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Decorator;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.text.CrossEncoder;
import dev.inproc.inference.text.TextClassifier;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import dev.inproc.inference.text.TextPair;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Loads one model of the properties, and runs it once. */
final class ModelLoader {
  private static final CallOptions UNCACHED = CallOptions.DEFAULT.withCacheMode(CacheMode.BYPASS);

  /** What models of texts are warmed up with. */
  static final String SAMPLE = "How do I reset my password?";

  /** What models of two texts are warmed up with. */
  static final TextPair PAIR = new TextPair(SAMPLE, "Choose \"forgotten password\".");

  private final String name;
  private final ModelProperties model;
  private final ClassLoader classes;

  ModelLoader(String name, ModelProperties model, ClassLoader classes) {
    this.name = name;
    this.model = model;
    this.classes = classes;
  }

  /**
   * Loads the model.
   *
   * @throws ModelStartException if that fails, whatever the reason
   */
  Predictor<?, ?> load(Repositories repositories) {
    PropertyChecks.check(name, model);
    try {
      ModelOptions.check(model);
      return model.deployment() == null
          ? loadLocated()
          : new DeploymentLoader(name, model, this).load(model.deployment(), repositories);
    } catch (ModelStartException e) {
      throw e;
    } catch (ModelLoadException | IllegalArgumentException | IllegalStateException e) {
      throw failed(e);
    } catch (NoClassDefFoundError e) {
      throw Misconfigured.missingClass(name, model, e);
    }
  }

  private ModelStartException failed(RuntimeException e) {
    return Misconfigured.failed(name, e);
  }

  private Predictor<?, ?> loadLocated() {
    ModelLocation location = Misconfigured.location(name, model, classes);
    ModelKind kind = kind(location);
    if (kind == ModelKind.TENSORS) {
      return loadTensors(location);
    }
    TextModel files = textModel(location).withName(name);
    Engine engine = engine(location);
    return switch (kind) {
      case EMBEDDER ->
          warmUp(TextEmbedder.load(files, options(engine, layers(float[].class))), SAMPLE);
      case CROSS_ENCODER ->
          warmUp(CrossEncoder.load(files, options(engine, layers(Float.class))), PAIR);
      case CLASSIFIER ->
          warmUp(TextClassifier.load(files, options(engine, layers(Map.class))), SAMPLE);
      case TENSORS -> throw new IllegalStateException("Not a model of texts");
    };
  }

  private Decorator layers(Class<?> answers) {
    return ModelOptions.layers(name, model, answers);
  }

  /** Returns the options of a model of texts. */
  TextOptions options(Engine engine, Decorator layer) {
    return ModelOptions.text(model, layer).engine(engine).build();
  }

  private ModelKind kind(ModelLocation location) {
    return model.kind() != null
        ? model.kind()
        : ModelInspection.kind(location, model.tokenizer() != null);
  }

  private TextModel textModel(ModelLocation location) {
    if (location.isOnnxFile()) {
      if (model.tokenizer() == null) {
        throw Misconfigured.noTokenizer(name, location);
      }
      ModelLocation tokenizer = ModelLocation.of(model.tokenizer(), classes);
      return TextModel.of(location.source(), tokenizer.source());
    }
    TextModel files =
        location.path() != null
            ? TextModel.directory(location.path())
            : TextModel.resources(classes, String.valueOf(location.resource()));
    return model.modelFile() == null ? files : files.withModelFile(model.modelFile());
  }

  private <I, O, P extends Predictor<I, O>> P warmUp(P predictor, I sample) {
    try {
      for (int size : model.warmUp()) {
        var unused = predictor.predictAll(Collections.nCopies(size, sample), UNCACHED);
      }
      return predictor;
    } catch (RuntimeException e) {
      predictor.close();
      throw Misconfigured.warmUp(name, e);
    }
  }

  private Predictor<Tensors, Tensors> loadTensors(ModelLocation location) {
    ModelSource source =
        location.isOnnxFile() || model.engine() != null || !isOnnx(location)
            ? location.source()
            : onnxFile(location).source();
    Session session = session(engine(location), source);
    return ModelOptions.outer(
        name,
        model,
        ModelOptions.cached(model, Tensors.class, session.with(ModelOptions.batching(model))));
  }

  private static boolean isOnnx(ModelLocation location) {
    return ModelInspection.engine(location).equals("onnx");
  }

  private ModelLocation onnxFile(ModelLocation folder) {
    return folder.child(model.modelFile() == null ? "model.onnx" : model.modelFile());
  }

  /** Loads a session for tensors. */
  Session session(Engine engine, ModelSource source) {
    SessionOptions options = ModelOptions.session(model);
    if (!model.warmUp().isEmpty()) {
      options =
          options.toBuilder()
              .warmUp(model.warmUp().stream().mapToInt(Integer::intValue).toArray())
              .build();
    }
    Session session = engine.load(source, options);
    List<String> outputs = model.session().outputs();
    try {
      return outputs.isEmpty() ? session : session.outputs(outputs.toArray(String[]::new));
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  Engine engine(ModelLocation location) {
    return engine(model.engine() != null ? model.engine() : ModelInspection.engine(location));
  }

  /** Returns an engine of the class path by its name. */
  Engine engine(String engine) {
    List<Engine> installed = Engine.installed();
    return installed.stream()
        .filter(each -> each.name().equals(engine))
        .findFirst()
        .orElseThrow(() -> Misconfigured.noEngine(name, engine, installed));
  }
}

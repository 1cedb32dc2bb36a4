package dev.inproc.inference.spring.boot;

import dev.inproc.inference.Decorator;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.deploy.LaneContext;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.spring.boot.ModelProperties.DeploymentProperties;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.text.CrossEncoder;
import dev.inproc.inference.text.TextClassifier;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Loads the version that a repository's label names, and follows it. */
final class DeploymentLoader {
  private final String name;
  private final ModelProperties model;
  private final ModelLoader loader;

  DeploymentLoader(String name, ModelProperties model, ModelLoader loader) {
    this.name = name;
    this.model = model;
    this.loader = loader;
  }

  /** Returns what the versions are for, if they are there. */
  static ModelKind kind(String name, ModelProperties model, DeploymentProperties from) {
    if (model.kind() != null) {
      return model.kind();
    }
    try (ModelRepository repository = ModelRepository.open(root(name, from))) {
      List<ModelVersion> versions = repository.versions(entry(name, from));
      Path directory = versions.isEmpty() ? null : versions.get(versions.size() - 1).directory();
      return directory == null
          ? ModelKind.TENSORS
          : ModelInspection.kind(
              new ModelLocation(directory, null, DeploymentLoader.class.getClassLoader()), false);
    }
  }

  private static String entry(String name, DeploymentProperties from) {
    return from.model() == null ? name : from.model();
  }

  private static Path root(String name, DeploymentProperties from) {
    Path path = ModelLocation.of(from.repository(), DeploymentLoader.class.getClassLoader()).path();
    if (path == null) {
      throw Misconfigured.notADirectory(name, from.repository());
    }
    return path;
  }

  Predictor<?, ?> load(DeploymentProperties from, Repositories repositories) {
    ModelRepository repository = repositories.at(root(name, from));
    return switch (kind(name, model, from)) {
      case TENSORS -> open(Deployment.builder(this::tensors), List.of(), from, repository);
      case EMBEDDER ->
          open(
              Deployment.builder(
                  (version, lane) ->
                      TextEmbedder.load(files(version), options(version, float[].class))),
              List.of(ModelLoader.SAMPLE),
              from,
              repository);
      case CROSS_ENCODER ->
          open(
              Deployment.builder(
                  (version, lane) ->
                      CrossEncoder.load(files(version), options(version, Float.class))),
              List.of(ModelLoader.PAIR),
              from,
              repository);
      case CLASSIFIER ->
          open(
              Deployment.builder(
                  (version, lane) ->
                      TextClassifier.load(files(version), options(version, Map.class))),
              List.of(ModelLoader.SAMPLE),
              from,
              repository);
    };
  }

  private <I, O> Predictor<I, O> open(
      Deployment.Builder<I, O> builder,
      List<I> samples,
      DeploymentProperties from,
      ModelRepository repository) {
    if (!model.warmUp().isEmpty()) {
      builder.warmUp(samples).warmUpBatchSizes(model.warmUp());
    }
    if (from.follow()) {
      builder.follow();
    }
    if (from.keepWarm() != null) {
      builder.keepWarm(from.keepWarm());
    }
    String entry = entry(name, from);
    Deployment<I, O> deployment =
        from.label() == null
            ? builder.open(repository, entry)
            : builder.open(repository, entry, from.label());
    return ModelOptions.outer(name, model, deployment);
  }

  private Predictor<Tensors, Tensors> tensors(ModelVersion version, LaneContext lane)
      throws Exception {
    return ModelOptions.cached(
        model,
        Tensors.class,
        lane.<Tensors, Tensors>session(
                () -> loader.session(loader.engine(engine(version)), version.source()))
            .with(ModelOptions.batching(model)));
  }

  private String engine(ModelVersion version) {
    return model.engine() != null ? model.engine() : version.manifest().engine();
  }

  private TextOptions options(ModelVersion version, Class<?> answers) {
    return loader.options(loader.engine(engine(version)), cache(answers));
  }

  private Decorator cache(Class<?> answers) {
    return new Decorator() {
      @Override
      public <I, O> Predictor<I, O> decorate(Predictor<I, O> inner) {
        return ModelOptions.cached(model, answers, inner);
      }
    };
  }

  private TextModel files(ModelVersion version) {
    Path directory = version.directory();
    Path file = version.source().path();
    if (directory == null || file == null) {
      throw new IllegalArgumentException("expected a version in a directory, got " + version);
    }
    return TextModel.directory(directory)
        .withModelFile(directory.relativize(file).toString().replace('\\', '/'))
        .withName(version.toString());
  }
}

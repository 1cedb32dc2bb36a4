package dev.inproc.examples;

import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.RepositoryOptions;
import dev.inproc.inference.model.RepositoryOptions.ForeignLayout;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.TensorFlowEngine;
import java.nio.file.Path;

/** Compiles what docs/coming-from.md quotes; {@link DocsTest} compares. */
@SuppressWarnings("unused") // what the page does with an answer is not its subject
final class ComingFromSnippets {
  private ComingFromSnippets() {}

  static Predictor<float[], Float> djlTranslator(Path path) {
    Predictor<float[], Float> scorer =
        new OnnxEngine()
            .load(ModelSource.file(path))
            .with(Batching.upTo(32))
            .with(
                Codec.of(
                    features -> Tensors.of("x", Tensor.of(features)),
                    answer -> answer.get("y").getFloat(0)));
    return scorer;
  }

  static void onnxRuntime(float[] features) {
    try (Session session = new OnnxEngine().load(ModelSource.file(Path.of("fraud.onnx")))) {
      float score = session.predict(Tensors.of("x", Tensor.of(features))).get("y").getFloat(0);
    }
  }

  static void triton(Codec<float[], Float> codec, float[] features) {
    try (ModelRepository models =
            ModelRepository.open(
                Path.of("model_repository"),
                RepositoryOptions.DEFAULT.withForeignLayouts(ForeignLayout.TRITON));
        Deployment<float[], Float> fraud =
            Deployment.<float[], Float>builder(
                    (version, lane) ->
                        new OnnxEngine()
                            .load(version.source(), SessionOptions.builder().parallelism(2).build())
                            .with(Batching.upTo(32).withParallelism(2))
                            .with(codec))
                .follow()
                .open(models, "fraud")) {
      float score = fraud.predict(features);
    }
  }

  static void tensorFlowServing() {
    try (Session session =
            new TensorFlowEngine().load(ModelSource.file(Path.of("models/fraud/7")));
        Predictor<Tensors, Tensors> fraud = session.with(Batching.upTo(32))) {
      Tensors answer = fraud.predict(Tensors.of("x", Tensor.of(0.1f, 0.2f, 0.3f)));
    }
  }
}

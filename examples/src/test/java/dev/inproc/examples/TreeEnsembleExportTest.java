package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tribuo.Prediction;
import org.tribuo.classification.Label;
import org.tribuo.ensemble.WeightedEnsembleModel;

class TreeEnsembleExportTest {
  private static final String LABEL = TreeEnsembleExport.LABEL;
  private static final String PROBABILITIES = TreeEnsembleExport.PROBABILITIES;
  private static final int TREES = 15;
  private static final TransactionGenerator GENERATOR = new TransactionGenerator(11);
  private static final WeightedEnsembleModel<Label> FOREST =
      FraudForest.train(GENERATOR.next(3000), TREES, 5);
  private static final List<TransactionGenerator.Labelled> TEST = GENERATOR.next(2000);
  private static final byte[] MODEL =
      TreeEnsembleExport.toOnnx(FOREST, Transaction.FEATURES, FraudForest.CLASSES);

  @Test
  void session_testSet_equalsTribuo() {
    try (Session session = new OnnxEngine().load(ModelSource.bytes("fraud", MODEL))) {
      List<Tensors> inputs =
          TEST.stream().map(each -> new FraudCodec().encode(each.transaction())).toList();
      List<Tensors> answers = session.predictAll(inputs);
      int frauds = 0;
      for (int i = 0; i < TEST.size(); i++) {
        Prediction<Label> expected = tribuo(TEST.get(i));
        Tensor probabilities = answers.get(i).get(PROBABILITIES);
        for (int c = 0; c < FraudForest.CLASSES.size(); c++) {
          assertEquals(probability(expected, c), probabilities.getFloat(c), 1e-6);
        }
        long label = answers.get(i).get(LABEL).getLong(0);
        assertEquals(expected.getOutput().getLabel(), Long.toString(label));
        frauds += (int) label;
        // Alone: ONNX Runtime adds up the trees in another order then, which may cost the last bit.
        Tensors alone = session.predict(inputs.get(i));
        assertEquals(answers.get(i).get(LABEL), alone.get(LABEL));
        assertArrayEquals(probabilities.toFloats(), alone.get(PROBABILITIES).toFloats(), 1e-6f);
      }
      assertTrue(frauds > 0, "the forest calls nothing fraud: the test would prove little");
    }
  }

  @Test
  void session_metadata_namesTheClasses() {
    try (Session session = new OnnxEngine().load(ModelSource.bytes("fraud", MODEL))) {
      assertEquals(List.of("0", "1"), session.signature().output(PROBABILITIES).labels());
    }
  }

  /** The file as others see it, with its ZipMap. */
  @Test
  void onnxRuntime_sameFile_givesMapsByClass() throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    float[][] row = {TEST.get(0).transaction().features()};
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession session = environment.createSession(MODEL, options);
        OnnxTensor input = OnnxTensor.createTensor(environment, row);
        OrtSession.Result result = session.run(Map.of(TreeEnsembleExport.INPUT, input))) {
      OnnxSequence maps = (OnnxSequence) result.get(PROBABILITIES).orElseThrow();
      try (OnnxMap map = (OnnxMap) maps.getValue().get(0)) {
        Object fraud = Objects.requireNonNull(map.getValue().get(1L));
        assertEquals(probability(tribuo(TEST.get(0)), 1), (Float) fraud, 1e-6);
      }
    }
  }

  @Test
  void floatBelow_anyThreshold_separatesTheSameFloats() {
    assertEquals(0.5f, TreeAttributes.floatBelow(0.5));
    assertEquals(Math.nextDown(0.1f), TreeAttributes.floatBelow(0.1)); // (float) 0.1 > 0.1
    assertEquals(0.3f, TreeAttributes.floatBelow((double) 0.3f));
    assertEquals(-0.1f, TreeAttributes.floatBelow(-0.1));
  }

  private static Prediction<Label> tribuo(TransactionGenerator.Labelled each) {
    return FOREST.predict(FraudForest.example(each.transaction(), each.fraud()));
  }

  private static double probability(Prediction<Label> prediction, int index) {
    String name = FraudForest.CLASSES.get(index);
    return Objects.requireNonNull(prediction.getOutputScores().get(name)).getScore();
  }
}

package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.deploy.LaneContext;
import dev.inproc.inference.deploy.Shadow;
import dev.inproc.inference.deploy.ShadowGate;
import dev.inproc.inference.deploy.ShadowMetrics.Agreement;
import dev.inproc.inference.deploy.ShadowMetrics.Failure;
import dev.inproc.inference.deploy.ShadowPlan;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.quantize.Quantizer;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** A quantized version on copies of an FP32 version's calls: its agreement is that by hand. */
class ShadowTest {
  private static final String MINI_LM = "all-minilm-l6-v2.onnx";
  private static final SessionOptions OPTIONS =
      SessionOptions.builder().intraOpThreads(1).integrity(IntegrityOptions.skip()).build();

  @TempDir private Path directory;

  private static Predictor<Tensors, Tensors> lane(ModelVersion version, LaneContext context) {
    return new OnnxEngine().load(version.source(), OPTIONS).with(Batching.upTo(8));
  }

  private static Predictor<Tensors, Tensors> alone(ModelVersion version) {
    return new OnnxEngine().load(version.source(), OPTIONS);
  }

  private ModelVersion version(long number, byte[] model) throws IOException {
    Path file = directory.resolve(number + ".onnx");
    Files.write(file, model);
    return ModelVersion.of("m", number, ModelSource.file(file));
  }

  private ModelVersion quantized(long number, ModelVersion version) throws IOException {
    Path file = directory.resolve(number + ".onnx");
    Quantizer.quantize(directory.resolve(version.version() + ".onnx"), file);
    return ModelVersion.of("m", number, ModelSource.file(file));
  }

  /**
   * The figures of one shadow after all calls, and the same by the bare sessions, added by hand.
   */
  private static void assertAgreesAsByHand(
      ModelVersion fp32, ModelVersion int8, List<Tensors> inputs) {
    List<float[]> expected = new ArrayList<>();
    List<float[]> actual = new ArrayList<>();
    try (Predictor<Tensors, Tensors> one = alone(fp32);
        Predictor<Tensors, Tensors> other = alone(int8)) {
      for (Tensors input : inputs) {
        expected.add(one.predict(input).only().toFloats());
        actual.add(other.predict(input).only().toFloats());
      }
    }
    try (Deployment<Tensors, Tensors> deployment =
            Deployment.builder(ShadowTest::lane).warmUp(inputs.subList(0, 2)).open(fp32);
        Shadow shadow =
            deployment.shadow(
                ShadowPlan.<Tensors, Tensors>of(int8).withProcessorShare(1).withQueue(1_000))) {
      for (int i = 0; i < inputs.size(); i++) {
        float[] answer = deployment.predict(inputs.get(i)).only().toFloats();
        assertArrayEquals(expected.get(i), answer, "the reply is that of the bare session");
      }
      Await.until("the copies to be run", () -> shadow.metrics().pending() == 0);
      assertEquals(inputs.size(), shadow.metrics().compared());
      Agreement found = shadow.metrics().agreement();
      double minCosine = 2;
      double cosines = 0;
      double maxError = 0;
      long agreeing = 0;
      for (int i = 0; i < inputs.size(); i++) {
        double cosine = cosine(expected.get(i), actual.get(i));
        minCosine = Math.min(minCosine, cosine);
        cosines += cosine;
        maxError = Math.max(maxError, difference(expected.get(i), actual.get(i)));
        agreeing += largest(expected.get(i)) == largest(actual.get(i)) ? 1 : 0;
      }
      System.out.printf(
          "%s against %s: %s, processors %.3f%n",
          int8, fp32, found, shadow.metrics().processorShare());
      assertEquals(inputs.size(), found.pairs());
      assertEquals(agreeing, found.agreeing());
      assertEquals(minCosine, found.minCosine(), 1e-9);
      assertEquals(cosines / inputs.size(), found.meanCosine(), 1e-9);
      assertEquals(maxError, found.maxError(), 1e-9);
      assertTrue(maxError > 0, "they are told apart");
      assertTrue(shadow.refusal(new ShadowGate(inputs.size() + 1L, 0)).isPresent());
      assertTrue(shadow.refusal(new ShadowGate(inputs.size(), found.bound())).isEmpty());
    }
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      first += (double) a[i] * a[i];
      second += (double) b[i] * b[i];
    }
    return product / Math.sqrt(first * second);
  }

  private static double difference(float[] a, float[] b) {
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs((double) a[i] - b[i]));
    }
    return largest;
  }

  private static int largest(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  @Test
  void int8Network_agreesWithItsOriginalAsByHand() throws IOException {
    ModelVersion fp32 = version(1, Models.mlp(64, 128, 10));
    ModelVersion int8 = quantized(2, fp32);
    Random random = new Random(17);
    List<Tensors> inputs = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      float[] row = new float[64];
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) random.nextGaussian();
      }
      inputs.add(Tensors.of("x", Tensor.of(row)));
    }
    assertAgreesAsByHand(fp32, int8, inputs);
  }

  @Test
  @Tag("endurance")
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void int8MiniLm_agreesWithItsOriginalAsByHand() throws IOException {
    byte[] model;
    try (InputStream in = getClass().getClassLoader().getResourceAsStream(MINI_LM)) {
      model = in.readAllBytes();
    }
    ModelVersion fp32 = version(1, model);
    ModelVersion int8 = quantized(2, fp32);
    Random random = new Random(17);
    List<Tensors> inputs = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      int length = 4 + random.nextInt(28);
      long[] ids = random.longs(length, 1_000, 30_000).toArray();
      long[] mask = new long[length];
      java.util.Arrays.fill(mask, 1);
      Shape shape = Shape.of(length);
      inputs.add(
          Tensors.of(
              List.of("input_ids", "attention_mask", "token_type_ids"),
              Tensor.of(shape, ids),
              Tensor.of(shape, mask),
              Tensor.of(shape, new long[length])));
    }
    assertAgreesAsByHand(fp32, int8, inputs);
  }

  /** A run that lasts for ever is stopped at its timeout, and by a close. */
  @Test
  void shadowWhoseRunNeverEnds_isStopped_andTheReplyStays() throws IOException {
    ModelVersion model = version(1, Models.loop(64));
    ModelVersion same = version(2, Models.loop(64));
    float[] row = new float[64];
    row[3] = 1;
    try (Deployment<Long, float[]> deployment =
        Deployment.<Long, float[]>builder(
                (version, context) ->
                    new OnnxEngine()
                        .load(version.source(), OPTIONS)
                        .with(
                            Codec.of(
                                (Long loops) ->
                                    Tensors.of(
                                        "x",
                                        Tensor.of(row),
                                        "loops",
                                        Tensor.of(
                                            Shape.of(),
                                            version.version() == 1 ? loops : Long.MAX_VALUE)),
                                outputs -> outputs.only().toFloats())))
            .open(model)) {
      try (Shadow shadow =
          deployment.shadow(
              ShadowPlan.<Long, float[]>of(same)
                  .withProcessorShare(1)
                  .withTimeout(Duration.ofMillis(50)))) {
        float[] first = deployment.predict(2L);
        Await.until("the run to expire", () -> shadow.metrics().failed() == 1);
        assertEquals(1, shadow.metrics().failures().get(Failure.EXPIRED));
        assertArrayEquals(first, deployment.predict(2L));
      }
      Shadow hanging =
          deployment.shadow(ShadowPlan.<Long, float[]>of(same).withTimeout(Duration.ofDays(1)));
      float[] first = deployment.predict(2L);
      Await.until("the run to begin", () -> hanging.metrics().pending() == 1);
      assertArrayEquals(first, deployment.predict(2L));
      assertTrue(hanging.close(Duration.ofSeconds(1)), "its run is stopped");
      assertEquals(2, hanging.metrics().dropped());
    }
  }
}

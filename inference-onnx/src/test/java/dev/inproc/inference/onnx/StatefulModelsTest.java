package dev.inproc.inference.onnx;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.onnx.testing.StatefulModels;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Loading leaves no trace in models that keep state: their answers are the bare binding's. */
class StatefulModelsTest {
  private static final IntegrityOptions PATIENT =
      IntegrityOptions.DEFAULT.withTimeLimit(Duration.ofMinutes(1));

  /** x plus the running mean m = (m + x) / 2, by hand: 4 + 2, 4 + 3, 8 + 5.5. */
  private static final float[] GIVEN = {4, 4, 8};

  private static final float[] BY_HAND = {6, 7, 13.5f};

  static Stream<byte[]> runningMeans() {
    return Stream.of(
        StatefulModels.runningMean(),
        StatefulModels.runningMeanInIf(),
        StatefulModels.runningMeanInFunction());
  }

  private static Tensors x(float value) {
    return Tensors.of("x", Tensor.of(value));
  }

  private static float answer(Predictor<Tensors, Tensors> session, float value) {
    return session.predict(x(value)).only().getFloat(0);
  }

  private static float[] answers(Predictor<Tensors, Tensors> session) {
    float[] answers = new float[GIVEN.length];
    for (int i = 0; i < answers.length; i++) {
      answers[i] = answer(session, GIVEN[i]);
    }
    return answers;
  }

  private static float[] bare(byte[] model) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    float[] answers = new float[GIVEN.length];
    try (OrtSession session = environment.createSession(model)) {
      for (int i = 0; i < answers.length; i++) {
        try (OnnxTensor x = OnnxTensor.createTensor(environment, new float[][] {{GIVEN[i]}});
            OrtSession.Result result = session.run(Map.of("x", x))) {
          answers[i] = ((float[][]) result.get(0).getValue())[0][0];
        }
      }
    }
    return answers;
  }

  private static Session load(ModelSource source, SessionOptions.Builder options) {
    return new OnnxEngine().load(source, options.build());
  }

  private static Session load(byte[] model, SessionOptions.Builder options) {
    return load(ModelSource.bytes("m", model), options);
  }

  private static SessionOptions.Builder patient() {
    return SessionOptions.builder().integrity(PATIENT);
  }

  @ParameterizedTest
  @MethodSource("runningMeans")
  void runningMean_loadedAndWarmedUp_answersAsTheBareBinding(byte[] model) throws OrtException {
    assertArrayEquals(BY_HAND, bare(model), "the engine itself");
    for (SessionOptions.Builder options :
        List.of(
            patient(),
            patient().warmUp(1, 4),
            patient().warmUp(x(Float.NaN), 2),
            SessionOptions.builder().integrity(PATIENT.withInputs(x(1), x(Float.NaN))),
            SessionOptions.builder().integrity(IntegrityOptions.skip()).warmUp(3))) {
      try (Session session = load(model, options)) {
        assertTrue(session.integrity().keepsState());
        assertFalse(session.integrity().isRandom());
        assertFalse(session.integrity().allowsBatching());
        assertTrue(session.keepsState());
        assertEquals(1, session.traits().maxBatchSize());
        assertSays(
            session.integrity().toString(),
            "keeps state",
            "one by one",
            "IntegrityOptions.withStateIgnored");
        assertArrayEquals(BY_HAND, answers(session), session.integrity().toString());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("runningMeans")
  void runningMean_twoSessions_eachKeepsItsOwn(byte[] model) {
    try (Session one = load(model, patient());
        Session other = load(model, patient())) {
      assertEquals(6, answer(one, 4));
      assertArrayEquals(BY_HAND, answers(other));
      assertEquals(7, answer(one, 4));
    }
  }

  @Test
  void runningMean_listBatchedAndView_runOneByOneInOrder() {
    List<Tensors> list = List.of(x(4), x(4), x(8));
    try (Session session = load(StatefulModels.runningMean(), patient())) {
      List<Tensors> answers = session.predictAll(list);
      for (int i = 0; i < BY_HAND.length; i++) {
        assertEquals(BY_HAND[i], answers.get(i).only().getFloat(0));
      }
    }
    try (Predictor<Tensors, Tensors> batched =
        load(StatefulModels.runningMean(), patient()).with(Batching.upTo(8))) {
      assertTrue(batched.keepsState());
      assertTrue(batched.borrowed().keepsState());
      assertArrayEquals(BY_HAND, answers(batched));
    }
    try (Session view = load(StatefulModels.runningMean(), patient()).outputs("y")) {
      assertTrue(view.keepsState());
      assertArrayEquals(BY_HAND, answers(view));
    }
  }

  @Test
  void runningMean_onSeveralDevices_eachCopyIsFresh() {
    try (Session session =
        load(StatefulModels.runningMean(), patient().devices(Device.cpu(), Device.cpu()))) {
      assertEquals(6, answer(session, 4));
      assertEquals(6, answer(session, 4), "the other replica's first run");
      assertEquals(7, answer(session, 4));
    }
  }

  @Test
  void stateIgnored_runsTogether() {
    IntegrityOptions ignoring = PATIENT.withStateIgnored(true);
    try (Session session =
        load(StatefulModels.runningMean(), SessionOptions.builder().integrity(ignoring))) {
      assertTrue(session.integrity().keepsState(), "it is still a fact");
      assertFalse(session.keepsState(), "but nobody is to heed it");
      assertTrue(session.integrity().allowsBatching());
      assertEquals(256, session.traits().maxBatchSize());
      assertArrayEquals(BY_HAND, answers(session), "unprobed all the same");
    }
  }

  /** Unread, so that only its answers tell. */
  @Test
  void trustedRunningMean_isToldByItsAnswersAndLoadedAnew() throws OrtException {
    OnnxEngine trusting = new OnnxEngine(OnnxOptions.builder().trustModels(true).build());
    byte[] model = StatefulModels.runningMean();
    try (Session session =
        trusting.load(ModelSource.bytes("m", model), patient().warmUp(2).build())) {
      assertTrue(session.integrity().keepsState(), session.integrity().toString());
      assertArrayEquals(bare(model), answers(session));
    }
  }

  @Test
  void noise_isCalledRandomAndStartsAnew() throws OrtException {
    for (boolean seeded : new boolean[] {true, false}) {
      byte[] model = StatefulModels.noisy(seeded);
      float[] bare = bare(model);
      assertNotEquals(bare[0], bare[1]);
      try (Session session = load(model, patient().warmUp(2))) {
        assertTrue(session.integrity().isRandom(), session.integrity().toString());
        assertFalse(session.integrity().keepsState());
        assertFalse(session.integrity().allowsBatching());
        assertSays(session.integrity().toString(), "the model is random", "one by one");
        if (seeded) {
          assertArrayEquals(bare, answers(session));
        }
      }
    }
  }

  @Test
  void plainModels_areNeither() {
    try (Session session = load(Models.tinyMlp(), patient().warmUp(1))) {
      assertFalse(session.integrity().keepsState() || session.integrity().isRandom());
      assertFalse(session.keepsState());
      assertTrue(session.integrity().allowsBatching());
    }
  }

  private static SessionOptions.Builder keeping(Path findings) {
    return SessionOptions.builder().integrity(PATIENT.withFindings(findings));
  }

  private static List<String> kept(Path findings) throws IOException {
    List<String> all = new ArrayList<>();
    if (Files.exists(findings)) {
      try (Stream<Path> files = Files.list(findings)) {
        for (Path file : files.sorted().toList()) {
          all.add(Files.readString(file));
        }
      }
    }
    return all;
  }

  @Test
  void result_ofTrustedModel_isNotKeptForItMayHaveExternalData(@TempDir Path directory)
      throws IOException, OrtException {
    Path mean = Files.write(directory.resolve("mean.onnx"), StatefulModels.runningMean());
    Path findings = directory.resolve("findings");
    OnnxEngine trusting = new OnnxEngine(OnnxOptions.builder().trustModels(true).build());
    ModelSource source = ModelSource.file(mean);
    try (Session session = trusting.load(source, keeping(findings).build())) {
      assertTrue(session.integrity().keepsState());
      assertArrayEquals(BY_HAND, answers(session));
    }
    assertEquals(List.of(), kept(findings));
    ModelSource noisy =
        ModelSource.file(Files.write(directory.resolve("b.onnx"), StatefulModels.noisy(true)));
    trusting.load(noisy, keeping(findings).build()).close();
    assertEquals(List.of(), kept(findings));
    trusting.load(noisy.withSha256(noisy.digest()), keeping(findings).build()).close();
    assertEquals(1, kept(findings).size(), "a digest of all its files");
  }

  @Test
  void keptResult_ofModelsThatKeepState_isHonoured(@TempDir Path directory) throws IOException {
    Path mean = Files.write(directory.resolve("mean.onnx"), StatefulModels.runningMean());
    Path random = Files.write(directory.resolve("random.onnx"), StatefulModels.noisy(true));
    Path findings = directory.resolve("findings");
    float[] first = null;
    for (int load = 0; load < 3; load++) {
      try (Session session = load(ModelSource.file(mean), keeping(findings))) {
        assertTrue(session.integrity().keepsState());
        assertArrayEquals(BY_HAND, answers(session));
      }
      try (Session session = load(ModelSource.file(random), keeping(findings))) {
        assertTrue(session.integrity().isRandom());
        assertFalse(session.integrity().allowsBatching());
        float[] answers = answers(session);
        first = first == null ? answers : first;
        assertArrayEquals(first, answers);
      }
    }
    assertTrue(kept(findings).stream().anyMatch(text -> text.contains("RANDOM")));
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(findings, mean, random), files.sorted().toList());
    }
  }
}

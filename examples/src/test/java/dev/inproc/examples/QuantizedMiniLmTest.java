package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.quantize.AccuracyGate;
import dev.inproc.inference.onnx.quantize.GateReport;
import dev.inproc.inference.onnx.quantize.QuantizationReport;
import dev.inproc.inference.onnx.quantize.Quantizer;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The promise of row-wise INT8 on a real encoder and 630 real sentences. */
class QuantizedMiniLmTest {
  /** The aim is 97 %; found: 977, and 972 without error compensation. */
  private static final int LEAST_OF_1000 = 970;

  @TempDir static Path directory;

  private static QuantizationReport report;
  private static Session fp32;
  private static Session int8;
  private static HuggingFaceTokenizer tokenizer;

  @BeforeAll
  static void quantize() throws Exception {
    Path in = directory.resolve("fp32.onnx");
    try (InputStream model =
        MiniLm.class.getClassLoader().getResourceAsStream("all-minilm-l6-v2.onnx")) {
      Files.copy(Objects.requireNonNull(model), in);
    }
    Path out = directory.resolve("int8.onnx");
    report = Quantizer.quantize(in, out);
    SessionOptions.Builder options = MiniLm.sessionOptions();
    fp32 =
        new OnnxEngine()
            .load(ModelSource.file(in), options.integrity(IntegrityOptions.skip()).build());
    int8 =
        new OnnxEngine()
            .load(
                ModelSource.file(out),
                options
                    .integrity(IntegrityOptions.DEFAULT.withTimeLimit(Duration.ofMinutes(1)))
                    .build());
    tokenizer = MiniLm.tokenizer();
  }

  @AfterAll
  static void close() {
    fp32.close();
    int8.close();
    tokenizer.close();
  }

  private static List<String> sentences() {
    return Stream.concat(
            Faq.entries().stream()
                .flatMap(e -> Stream.of(e.question(), e.answer(), e.question() + " " + e.answer())),
            Faq.questions().stream().map(Faq.Question::text))
        .toList();
  }

  @Test
  void quantized_with630Sentences_passesTheGate() {
    List<Tensors> examples = GateTexts.examples(sentences(), tokenizer);
    assertTrue(examples.size() >= 600, examples.size() + " sentences");
    GateReport gate =
        AccuracyGate.DEFAULT
            .withMinCosine(0.993) // found: 0.9978
            .withView(GateTexts::embedding)
            .compare(fp32, int8, examples);
    System.out.println("Row-wise INT8 MiniLM: " + gate);
    assertTrue(gate.passed(), gate.toString());
    assertTrue(report.sizeRatio() <= 0.30, report.toString());
    assertEquals(38, report.changed().size(), "36 products, 2 tables");
  }

  @Test
  void nearestEntry_ofEachQuestion_isTheOneThatFp32Finds() {
    FaqIndex exact = new Embeddings(fp32).index();
    FaqIndex quantized = new Embeddings(int8).index();
    int same = 0;
    List<Faq.Question> questions = Faq.questions();
    for (Faq.Question question : questions) {
      String a = exact.nearest(new Embeddings(fp32).of(question.text()), 1).get(0).entry().id();
      String b = quantized.nearest(new Embeddings(int8).of(question.text()), 1).get(0).entry().id();
      same += a.equals(b) ? 1 : 0;
    }
    System.out.println("Same nearest entry: " + same + " of " + questions.size());
    // Found: 119, which is the aim, 99 %. One or two are near-ties: docs/quantization.md.
    assertTrue(same >= 118, same + " of " + questions.size());
  }

  /** The texts are apart from what calibrates: that is made up of random ids. */
  @Test
  void nearestText_ofEachOf1000_isTheOneThatFp32Finds() throws Exception {
    List<String> texts = thousandTexts();
    assertEquals(1000, texts.size());
    List<float[]> exact = texts.stream().map(new Embeddings(fp32)::of).toList();
    List<float[]> quantized = texts.stream().map(new Embeddings(int8)::of).toList();
    int same = 0;
    for (int i = 0; i < texts.size(); i++) {
      same += nearest(exact, i) == nearest(quantized, i) ? 1 : 0;
    }
    System.out.println("Same nearest text: " + same + " of " + texts.size());
    assertTrue(same >= LEAST_OF_1000, same + " of " + texts.size());
  }

  private static List<String> thousandTexts() throws Exception {
    try (InputStream in = QuantizedMiniLmTest.class.getResourceAsStream("thousand-texts.txt")) {
      String all = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return all.lines().toList();
    }
  }

  private static int nearest(List<float[]> vectors, int own) {
    int nearest = -1;
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < vectors.size(); i++) {
      float similarity = FaqIndex.dot(vectors.get(own), vectors.get(i));
      if (i != own && similarity > largest) {
        largest = similarity;
        nearest = i;
      }
    }
    return nearest;
  }

  private record Embeddings(Session session) {
    FaqIndex index() {
      return FaqIndex.of(Faq.entries(), session.borrowed().with(new SentenceCodec(tokenizer)));
    }

    float[] of(String text) {
      return GateTexts.embedding(session.predict(new SentenceCodec(tokenizer).encode(text)));
    }
  }

  @Test
  void answer_alone_equalsThatInBatchesOf2To33BesideOutliersAndPadded() {
    assertTrue(int8.integrity().allowsBatching(), int8.integrity().toString());
    assertTrue(int8.integrity().allowsPadding(), int8.integrity().toString());
    List<Tensors> examples = new ArrayList<>(GateTexts.examples(sentences(), tokenizer));
    Tensors mine = examples.get(0);
    Tensors outlier = ids(mine.get("input_ids").elements(), 30_521); // the rarest token
    float[] alone = int8.predict(mine).only().toFloats();
    for (int size = 2; size <= 33; size++) {
      List<Tensors> alike = new ArrayList<>(List.of(mine));
      List<Tensors> mixed = new ArrayList<>(List.of(mine));
      for (int i = 1; i < size; i++) {
        alike.add(i % 2 == 0 ? outlier : rolled(mine, i));
        mixed.add(examples.get(i));
      }
      boolean all = size == 2 || size == 33; // else in turns, for the time it takes
      if (all || size % 3 == 0) {
        assertClose(alone, first(batch(alike)), size + " of one length");
      }
      if (all || size % 3 == 1) {
        assertClose(alone, first(batch(mixed)), size + " padded");
      }
      if (all || size % 3 == 2) {
        assertClose(alone, int8.predictAll(mixed).get(0).only().toFloats(), size + " planned");
      }
    }
  }

  /** Each run is made twice over memory that held different patterns; answers that differ fail. */
  @Test
  void answers_overMemoryThatHeldOtherBytes_areTheSame() {
    List<Tensors> examples = GateTexts.examples(sentences().subList(0, 8), tokenizer);
    SessionOptions options = MiniLm.sessionOptions().integrity(IntegrityOptions.skip()).build();
    ModelSource source = ModelSource.file(directory.resolve("int8.onnx"));
    System.setProperty("inproc.sentinels", "true");
    try (Session session = new OnnxEngine().load(source, options)) {
      List<Tensors> answers = session.predictAll(examples);
      for (int i = 0; i < answers.size(); i++) {
        float[] alone = int8.predict(examples.get(i)).only().toFloats();
        assertClose(alone, answers.get(i).only().toFloats(), "example " + i);
      }
    } finally {
      System.clearProperty("inproc.sentinels");
    }
  }

  private static void assertClose(float[] alone, float[] beside, String how) {
    for (int i = 0; i < alone.length; i++) {
      assertEquals(alone[i], beside[i], 1e-5f, how + ", value " + i);
    }
  }

  private static float[] first(Tensors batched) {
    Tensor hidden = batched.only();
    return Arrays.copyOf(hidden.toFloats(), (int) (hidden.shape().dim(1) * hidden.shape().dim(2)));
  }

  private static Tensors ids(int length, long id) {
    long[] ids = new long[length];
    Arrays.fill(ids, id);
    return tensors(Shape.of(length), ids, ones(length));
  }

  private static Tensors rolled(Tensors example, int by) {
    long[] ids = example.get("input_ids").toLongs();
    long[] turned = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      turned[i] = ids[(i + by) % ids.length];
    }
    return tensors(Shape.of(ids.length), turned, ones(ids.length));
  }

  private static long[] ones(int length) {
    long[] ones = new long[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static Tensors tensors(Shape shape, long[] ids, long[] mask) {
    return Tensors.of(
        "input_ids", Tensor.of(shape, ids),
        "attention_mask", Tensor.of(shape, mask),
        "token_type_ids", Tensor.of(shape, new long[ids.length]));
  }

  /** One raw run: the longest decides, the others are filled up with mask 0. */
  private static Tensors batch(List<Tensors> examples) {
    int longest =
        examples.stream().mapToInt(e -> e.get("input_ids").elements()).max().orElseThrow();
    long[] ids = new long[examples.size() * longest];
    long[] mask = new long[ids.length];
    for (int row = 0; row < examples.size(); row++) {
      long[] own = examples.get(row).get("input_ids").toLongs();
      System.arraycopy(own, 0, ids, row * longest, own.length);
      Arrays.fill(mask, row * longest, row * longest + own.length, 1);
    }
    int own = examples.get(0).get("input_ids").elements();
    Tensors all = int8.runRaw(tensors(Shape.of(examples.size(), longest), ids, mask));
    Tensor hidden = all.only();
    return Tensors.of(
        "first",
        Tensor.of(
            Shape.of(1, own, hidden.shape().dim(2)),
            Arrays.copyOf(hidden.toFloats(), own * (int) hidden.shape().dim(2))));
  }
}

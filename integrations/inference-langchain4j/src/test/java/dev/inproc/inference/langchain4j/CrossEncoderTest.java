package dev.inproc.inference.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.onnx.testing.Attributes;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.text.CrossEncoder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextPair;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.scoring.request.ScoringRequest;
import dev.langchain4j.model.scoring.response.ScoringResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scoring model over a cross-encoder on the real engine, which adds up the tokens' numbers. */
class CrossEncoderTest {
  private static final String QUERY = "how do I reset my password?";
  private static final List<String> TEXTS =
      List.of("Select Forgotten password.", "Parcels are scanned at large depots alone.", "Hi");
  private static final byte[] TOKENIZER = Models.bytes("all-minilm-l6-v2-tokenizer.json");

  @TempDir private static Path directory;

  @BeforeAll
  static void write() throws IOException {
    Files.write(directory.resolve("model.onnx"), sums());
    Files.write(directory.resolve("tokenizer.json"), TOKENIZER);
    Files.writeString(
        directory.resolve("config.json"),
        "{\"sbert_ce_default_activation_function\": \"torch.nn.modules.linear.Identity\"}");
  }

  /** The sum of the tokens' numbers; the second text's tokens count twice. */
  private static byte[] sums() {
    int int64 = DataType.INT64.getNumber();
    int real = DataType.FLOAT.getNumber();
    return new GraphBuilder("sums")
        .input("input_ids", int64, "batch,sequence")
        .input("attention_mask", int64, "batch,sequence")
        .input("token_type_ids", int64, "batch,sequence")
        .node("Mul", "input_ids token_type_ids -> second")
        .node("Add", "input_ids second -> numbers")
        .node("Mul", "numbers attention_mask -> shown")
        .node("Cast", "shown -> values", Attributes.integer("to", real))
        .axes("tokens", 1)
        .node("ReduceSum", "values tokens -> logits", Attributes.integer("keepdims", 1))
        .output("logits", real, "batch,1")
        .build();
  }

  private static Encoding tokens(String text) {
    Map<String, String> options = Map.of("padding", "false", "truncation", "false");
    try (HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(TOKENIZER), options)) {
      return tokenizer.encode(QUERY, text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static double score(String text) {
    Encoding tokens = tokens(text);
    double sum = 0;
    for (int i = 0; i < tokens.getIds().length; i++) {
      sum += tokens.getIds()[i] * (1 + tokens.getTypeIds()[i]);
    }
    return sum;
  }

  @Test
  void texts_areScoredAsPairsOfQueryAndText_blockingAndAsync() {
    List<Double> scores = TEXTS.stream().map(CrossEncoderTest::score).toList();
    int tokens = TEXTS.stream().mapToInt(text -> tokens(text).getIds().length).sum();
    try (InprocScoringModel model = InprocScoringModel.from(directory)) {
      Response<List<Double>> blocking =
          model.scoreAll(TEXTS.stream().map(TextSegment::from).toList(), QUERY);
      assertEquals(scores, blocking.content());
      assertEquals(tokens, blocking.tokenUsage().inputTokenCount());
      ScoringResponse async =
          model.scoreAsync(ScoringRequest.builder().query(QUERY).documents(TEXTS).build()).join();
      assertEquals(scores, async.scores());
      assertEquals(tokens, async.tokenUsage().inputTokenCount());
      assertEquals(directory.getFileName().toString(), async.modelName());
    }
  }

  @Test
  void close_closesTheCrossEncoder() {
    CrossEncoder encoder = CrossEncoder.load(TextModel.directory(directory));
    InprocScoringModel.builder(encoder).borrowed().build().close();
    assertEquals((float) score("Hi"), encoder.predict(new TextPair(QUERY, "Hi")));
    InprocScoringModel.of(encoder).close();
    assertThrows(PredictorClosedException.class, () -> encoder.predict(new TextPair(QUERY, "Hi")));
  }
}

package dev.inproc.inference.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model's directory, file by file: what each file says, and what is made of a wrong one. */
class ModelFilesTest {
  private static final HuggingFaceTokenizer TOKENIZER = SmallModels.tokenizer();
  private static final String MEAN = "{\"pooling_mode_mean_tokens\": true}";
  private static final String TEXT = "How do I reset my Password?";

  @TempDir Path directory;

  @AfterAll
  static void closeTokenizer() {
    TOKENIZER.close();
  }

  private TextEmbedder load(TextOptions options, String... files) {
    return load(SmallModels.encoder(), options, files);
  }

  private TextEmbedder load(byte[] graph, TextOptions options, String... files) {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < files.length; i += 2) {
      all.put(files[i], files[i + 1]);
    }
    return TextEmbedder.load(
        TextModel.directory(SmallModels.write(directory.resolve("small"), graph, all)), options);
  }

  private static long[] ids(String text) {
    return TOKENIZER.encode(text).getIds();
  }

  private static void check(float[] expected, float[] actual) {
    assertArrayEquals(expected, actual, 1e-5f);
  }

  private String failure(TextOptions options, String... files) {
    return assertThrows(ModelLoadException.class, () -> load(options, files).close()).getMessage();
  }

  @Test
  void pooling_inItsFile_isUsed() {
    long[] ids = ids(TEXT);
    try (TextEmbedder mean = load(TextOptions.DEFAULT, "1_Pooling/config.json", MEAN)) {
      check(SmallModels.unit(SmallModels.mean(ids)), mean.predict(TEXT));
      assertEquals(Pooling.MEAN, mean.pooling());
      assertEquals(SmallModels.SIZE, mean.dimensions());
    }
    String cls = "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}";
    try (TextEmbedder first = load(TextOptions.DEFAULT, "1_Pooling/config.json", cls)) {
      check(SmallModels.unit(SmallModels.vector(ids[0], 0)), first.predict(TEXT));
    }
    String last = "{\"pooling_mode_lasttoken\": true}";
    try (TextEmbedder end = load(TextOptions.DEFAULT, "1_Pooling/config.json", last)) {
      float[] expected = SmallModels.unit(SmallModels.vector(ids[ids.length - 1], 0));
      check(expected, end.predict(TEXT));
      check(
          expected, end.predictAll(List.of("a much longer text than the other one", TEXT)).get(1));
    }
  }

  @Test
  void pooling_inOptions_goesBeforeTheFile() {
    TextOptions options = TextOptions.builder().pooling(Pooling.CLS).build();
    try (TextEmbedder embedder = load(options, "1_Pooling/config.json", "{\"x\": 1}")) {
      check(SmallModels.unit(SmallModels.vector(ids(TEXT)[0], 0)), embedder.predict(TEXT));
    }
  }

  @Test
  void pooling_saidNowhere_isRefusedWithTheOption() {
    String message = failure(TextOptions.DEFAULT);
    assertTrue(message.contains("TextOptions") && message.contains("pooling("), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"pooling_mode_max_tokens\": true};pooling_mode_max_tokens",
        "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": true};pooling_mode_cls",
        "{\"pooling_mode_weightedmean_tokens\": true};pooling_mode_weightedmean_tokens",
        "{\"pooling_mode_mean_tokens\": \"yes\"};pooling_mode_mean_tokens: expected true or false",
        "{};TextOptions.pooling",
        "{\"pooling_mode\": \"max\"};\"max\"",
        "[1];expected an object",
        "{;1_Pooling/config.json",
        "nonsense;1_Pooling/config.json"
      })
  void pooling_thatIsNoneOrWrong_isRefusedByItsName(String file, String named) {
    String message = failure(TextOptions.DEFAULT, "1_Pooling/config.json", file);
    assertTrue(message.contains("1_Pooling/config.json") && message.contains(named), message);
  }

  @Test
  void pooling_thatLeavesPromptsOut_isRefusedWherePromptsAre() {
    String pooling = "{\"pooling_mode_mean_tokens\": true, \"include_prompt\": false}";
    try (TextEmbedder embedder = load(TextOptions.DEFAULT, "1_Pooling/config.json", pooling)) {
      assertEquals(Pooling.MEAN, embedder.pooling());
    }
    TextOptions prefix = TextOptions.builder().queryPrefix("q: ").build();
    String message = failure(prefix, "1_Pooling/config.json", pooling);
    assertTrue(message.contains("include_prompt"), message);
  }

  @Test
  void modules_withoutNormalize_leaveVectorsAsTheyAre() {
    String modules =
        "[{\"idx\": 0, \"type\": \"sentence_transformers.models.Transformer\", \"path\": \"\"},"
            + "{\"idx\": 1, \"type\": \"sentence_transformers.models.Pooling\","
            + " \"path\": \"1_Pooling\"}]";
    try (TextEmbedder embedder =
        load(TextOptions.DEFAULT, "1_Pooling/config.json", MEAN, "modules.json", modules)) {
      check(SmallModels.mean(ids(TEXT)), embedder.predict(TEXT));
    }
    TextOptions normalized = TextOptions.builder().normalized(true).build();
    try (TextEmbedder embedder =
        load(normalized, "1_Pooling/config.json", MEAN, "modules.json", modules)) {
      check(SmallModels.unit(SmallModels.mean(ids(TEXT))), embedder.predict(TEXT));
    }
  }

  @Test
  void modules_withADenseLayer_areRefusedByName() {
    String modules = "[{\"type\": \"sentence_transformers.models.Dense\"}]";
    String message =
        failure(TextOptions.DEFAULT, "1_Pooling/config.json", MEAN, "modules.json", modules);
    assertTrue(message.contains("modules.json") && message.contains("Dense"), message);
  }

  @Test
  void sentenceBertConfig_lowerCaseAndLimit_areUsed() {
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).build();
    try (TextEmbedder embedder =
        load(
            options,
            "sentence_bert_config.json",
            "{\"max_seq_length\": 5, \"do_lower_case\": true}",
            "tokenizer_config.json",
            "{\"model_max_length\": 7}")) {
      assertEquals(5, embedder.maxTokens());
      long[] all = ids("how do i");
      check(SmallModels.unit(SmallModels.mean(all)), embedder.predict("HOW DO I RESET"));
      assertEquals(5, embedder.counted().predict(TEXT).tokens());
      assertEquals(9, embedder.countTokens(TEXT));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{};{};512",
        "{\"model_max_length\": 256};{};256",
        "{\"model_max_length\": 1000000000000000019884624838656};{};512",
        "{\"model_max_length\": 1e30};{\"max_position_embeddings\": 384};384",
        "{\"model_max_length\": 2048};{\"max_position_embeddings\": 384};384",
        "{};{\"max_position_embeddings\": 514, \"model_type\": \"roberta\","
            + " \"pad_token_id\": 1};512",
        "{};{\"max_position_embeddings\": 514, \"model_type\": \"luke\","
            + " \"pad_token_id\": 1};512",
      })
  void maxTokens_ofTheFiles_isTheirLeast(String tokenizer, String config, int expected) {
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).build();
    try (TextEmbedder embedder =
        load(options, "tokenizer_config.json", tokenizer, "config.json", config)) {
      assertEquals(expected, embedder.maxTokens());
    }
  }

  /** Else each text had one vector, or a window without tokens followed another without end. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void maxTokens_withoutRoomForAText_areRefusedWithTheFileAndTheOption(int tokens) {
    for (LongTexts policy : LongTexts.values()) {
      TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).longTexts(policy).build();
      String message =
          failure(options, "sentence_bert_config.json", "{\"max_seq_length\": " + tokens + "}");
      assertTrue(message.contains("sentence_bert_config.json"), message);
      assertTrue(message.contains("TextOptions.maxTokens"), message);
    }
  }

  @Test
  void maxTokens_ofOneMoreThanTheSpecialTokens_readOneTokenOfAText() {
    TextOptions options =
        TextOptions.builder()
            .pooling(Pooling.MEAN)
            .maxTokens(3)
            .longTexts(LongTexts.SPLIT_AND_AVERAGE)
            .normalized(false)
            .build();
    try (TextEmbedder embedder = load(options)) {
      float[] expected = SmallModels.mean(ids("how"));
      Vectors.scale(expected, 0.5f);
      Vectors.add(expected, SmallModels.mean(ids("do")), 0.5f);
      check(expected, embedder.predict("how do"));
    }
  }

  @Test
  void maxTokens_beyondThePositions_isRefused() {
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).maxTokens(513).build();
    String message = failure(options, "config.json", "{\"max_position_embeddings\": 512}");
    assertTrue(message.contains("512") && message.contains("maxTokens"), message);
  }

  @Test
  void maxTokens_beyondPositionsThatNoFileStates_isRefused() {
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).maxTokens(700).build();
    byte[] graph = SmallModels.encoderOfPositions(600);
    String message =
        assertThrows(ModelLoadException.class, () -> load(graph, options).close()).getMessage();
    assertTrue(message.contains("maxTokens") && message.contains("700"), message);
    try (TextEmbedder embedder = load(graph, options.toBuilder().maxTokens(600).build())) {
      assertEquals(600, embedder.counted().predict("word ".repeat(1000)).tokens());
    }
  }

  @Test
  void tokenizer_thatCannotReadAText_failsTheCallWithTheText() throws IOException {
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).build();
    Path small = SmallModels.write(directory.resolve("u"), SmallModels.encoder(), Map.of());
    String json = SmallModels.tokenizerJson();
    String noUnknown = json.replace("\"unk_token\": \"[UNK]\"", "\"unk_token\": \"[NONE]\"");
    assertNotEquals(json, noUnknown);
    Files.writeString(small.resolve("tokenizer.json"), noUnknown);
    try (TextEmbedder embedder = TextEmbedder.load(TextModel.directory(small), options)) {
      check(SmallModels.unit(SmallModels.mean(ids(TEXT))), embedder.predict(TEXT));
      String unknown = "\uD83D\uDE00";
      assertThrows(InvalidInputException.class, () -> embedder.predict(unknown));
      assertEquals(
          1,
          assertThrows(
                  InvalidInputException.class, () -> embedder.predictAll(List.of("a", unknown)))
              .index());
      check(SmallModels.unit(SmallModels.mean(ids(TEXT))), embedder.predict(TEXT));
    }
  }

  @Test
  void prompts_inTheirFile_becomePrefixes() {
    String prompts =
        "{\"prompts\": {\"query\": \"search: \", \"document\": \"doc: \", \"plain\": \"any \"},"
            + " \"default_prompt_name\": \"plain\"}";
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).build();
    try (TextEmbedder embedder = load(options, "config_sentence_transformers.json", prompts)) {
      float[] query = SmallModels.unit(SmallModels.mean(ids("search: " + TEXT)));
      float[] passage = SmallModels.unit(SmallModels.mean(ids("doc: " + TEXT)));
      check(query, embedder.queries().predict(TEXT));
      check(query, embedder.queries().predictAll(List.of("x", TEXT)).get(1));
      check(query, embedder.queries().submit(TEXT).join());
      check(query, embedder.queries().counted().predictAll(List.of(TEXT)).get(0).vector());
      check(passage, embedder.passages().predict(TEXT));
      check(query, embedder.passages().queries().predict(TEXT)); // one prefix, not both
      check(SmallModels.unit(SmallModels.mean(ids("any " + TEXT))), embedder.predict(TEXT));
      assertTrue(embedder.hasPrefixes());
      assertEquals(ids("search: " + TEXT).length, embedder.queries().countTokens(TEXT));
      assertEquals(
          ids("search: " + TEXT).length, embedder.queries().counted().predict(TEXT).tokens());
    }
    TextOptions own = options.toBuilder().queryPrefix("q ").passagePrefix("").build();
    try (TextEmbedder embedder = load(own, "config_sentence_transformers.json", prompts)) {
      check(SmallModels.unit(SmallModels.mean(ids("q " + TEXT))), embedder.queries().predict(TEXT));
      check(SmallModels.unit(SmallModels.mean(ids(TEXT))), embedder.passages().predict(TEXT));
    }
    String message = failure(options, "config_sentence_transformers.json", "{\"prompts\": 3}");
    assertTrue(message.contains("prompts: expected an object"), message);
    String missing =
        failure(options, "config_sentence_transformers.json", "{\"default_prompt_name\": \"z\"}");
    assertTrue(missing.contains("default_prompt_name") && missing.contains("\"z\""), missing);
  }

  /** As encode_query and encode_document of sentence-transformers choose a prompt. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"prompts\": {\"document\": \"doc: \", \"passage\": \"pass: \"}};'';'doc: ';''",
        "{\"prompts\": {\"passage\": \"p: \", \"corpus\": \"c: \"}};'';'p: ';''",
        "{\"prompts\": {\"query\": null, \"document\": \"d: \"}};'';'d: ';''",
        "{\"prompts\": {\"any\": \"a: \"}, \"default_prompt_name\": \"any\"};'a: ';'a: ';'a: '",
        "{\"prompts\": {\"query\": \"q: \"}, \"default_prompt_name\": \"query\"};'q: ';'q: ';'q: '",
        "{\"prompts\": {\"query\": \"\", \"any\": \"a: \"}, \"default_prompt_name\": \"any\"};"
            + "'';'a: ';'a: '"
      })
  void prompts_ofMoreThanOneName_areChosenInOrder(
      String file, String query, String passage, String plain) {
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).build();
    try (TextEmbedder embedder = load(options, "config_sentence_transformers.json", file)) {
      check(
          SmallModels.unit(SmallModels.mean(ids(query + TEXT))), embedder.queries().predict(TEXT));
      check(
          SmallModels.unit(SmallModels.mean(ids(passage + TEXT))),
          embedder.passages().predict(TEXT));
      check(SmallModels.unit(SmallModels.mean(ids(plain + TEXT))), embedder.predict(TEXT));
    }
  }

  @Test
  void inputs_ofOtherKinds_areMade() {
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).normalized(false).build();
    long[] ids = ids(TEXT);
    float[] expected = SmallModels.mean(ids);
    try (TextEmbedder embedder = load(SmallModels.encoderOfInts(), options)) {
      check(expected, embedder.predict(TEXT));
    }
    try (TextEmbedder embedder = load(SmallModels.encoderOf(16), options)) {
      assertEquals(16, embedder.maxTokens());
      check(expected, embedder.predict(TEXT)); // without the vectors of padding
      check(expected, embedder.predictAll(List.of("x", TEXT)).get(1));
      assertEquals(16, embedder.counted().predict(TEXT.repeat(5)).tokens());
    }
    try (TextEmbedder embedder = load(SmallModels.encoderWithPositions(), options)) {
      float[] positions = embedder.predictAll(List.of("much longer " + TEXT, TEXT)).get(1);
      float[] typeless = new float[SmallModels.SIZE];
      for (int i = 0; i < typeless.length; i++) {
        typeless[i] = expected[i] - SmallModels.types()[i] + (ids.length - 1) / 2f;
      }
      check(typeless, positions);
    }
  }

  @Test
  void outputs_ofAnEncoder_areChosenByNameAndShape() {
    long[] ids = ids(TEXT);
    float[] mean = SmallModels.mean(ids);
    try (TextEmbedder embedder =
        load(SmallModels.encoderWithSentenceEmbedding(), TextOptions.DEFAULT)) {
      assertNull(embedder.pooling());
      check(SmallModels.unit(mean), embedder.predict(TEXT)); // a sum has the direction of a mean
    }
    TextOptions cls = TextOptions.builder().pooling(Pooling.CLS).build();
    try (TextEmbedder embedder = load(SmallModels.encoderWithSentenceEmbedding(), cls)) {
      check(SmallModels.unit(SmallModels.vector(ids[0], 0)), embedder.predict(TEXT));
    }
    String message =
        assertThrows(
                ModelLoadException.class, () -> load(SmallModels.ambiguousEncoder(), cls).close())
            .getMessage();
    assertTrue(message.contains("TextOptions.output"), message);
    TextOptions named = cls.toBuilder().output("a").build();
    try (TextEmbedder embedder = load(SmallModels.ambiguousEncoder(), named)) {
      float[] expected = SmallModels.unit(SmallModels.vector(ids[0], 0));
      Vectors.scale(expected, -1);
      check(expected, embedder.predict(TEXT));
    }
    TextOptions wrong = cls.toBuilder().output("c").build();
    assertThrows(
        ModelLoadException.class, () -> load(SmallModels.ambiguousEncoder(), wrong).close());
  }

  @Test
  void files_thatAreMissingOrWrong_areNamed() throws IOException {
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).build();
    Path empty = Files.createDirectory(directory.resolve("empty"));
    assertFails(TextModel.directory(empty), options, "tokenizer.json");
    Files.writeString(empty.resolve("tokenizer.json"), SmallModels.tokenizerJson());
    assertFails(TextModel.directory(empty), options, "onnx/model.onnx");
    assertFails(TextModel.directory(directory.resolve("none")), options, "none");
    Files.write(empty.resolve("model.onnx"), SmallModels.encoder());
    for (String wrong : List.of("", "{", "[]", "{\"model\": {}}", "null", "\uD800")) {
      Files.write(empty.resolve("tokenizer.json"), wrong.getBytes(StandardCharsets.UTF_8));
      assertFails(TextModel.directory(empty), options, "tokenizer.json");
    }
  }

  private static void assertFails(TextModel model, TextOptions options, String named) {
    String message =
        assertThrows(ModelLoadException.class, () -> TextEmbedder.load(model, options).close())
            .getMessage();
    assertTrue(message.contains(named), message);
  }

  @Test
  void modelFile_namedOrInOnnxFolder_isFound() throws IOException {
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).build();
    Path small = SmallModels.write(directory.resolve("s"), SmallModels.encoder(), Map.of());
    Files.createDirectory(small.resolve("onnx"));
    Files.move(small.resolve("model.onnx"), small.resolve("onnx/model.onnx"));
    Files.copy(small.resolve("onnx/model.onnx"), small.resolve("onnx/model_int8.onnx"));
    TextModel model = TextModel.directory(small);
    assertEquals("s", model.name());
    for (TextModel each :
        List.of(
            model,
            model.withModelFile("model_int8.onnx").withName("other"),
            model.withModelFile("onnx/model_int8.onnx"))) {
      try (TextEmbedder embedder = TextEmbedder.load(each, options)) {
        assertEquals(each.name(), embedder.name());
        check(SmallModels.unit(SmallModels.mean(ids(TEXT))), embedder.predict(TEXT));
      }
    }
    assertFails(model.withModelFile("model_q4.onnx"), options, "model_q4.onnx");
    for (String out : List.of("../x.onnx", "/x.onnx", "a/../../x", "c:\\x", "")) {
      assertThrows(IllegalArgumentException.class, () -> model.withModelFile(out));
    }
  }

  @Test
  void resources_ofAFolder_areFound() throws IOException {
    Path root = directory.resolve("root");
    SmallModels.write(
        root.resolve("models/small"), SmallModels.encoder(), Map.of("1_Pooling/config.json", MEAN));
    try (URLClassLoader loader = new URLClassLoader(new URL[] {root.toUri().toURL()}, null)) {
      TextModel model = TextModel.resources(loader, "/models/small/");
      assertEquals("small", model.name());
      try (TextEmbedder embedder = TextEmbedder.load(model)) {
        check(SmallModels.unit(SmallModels.mean(ids(TEXT))), embedder.predict(TEXT));
      }
      assertFails(TextModel.resources(loader, "models"), TextOptions.DEFAULT, "tokenizer.json");
    }
  }

  @Test
  void load_ofAnyModel_saysInOneLineHowItIsUsed() {
    StringBuilder lines = new StringBuilder();
    Logger logger = Logger.getLogger(TextEmbedder.class.getName());
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            lines.append(entry.getLevel()).append(' ');
            lines.append(java.text.MessageFormat.format(entry.getMessage(), entry.getParameters()));
            lines.append('\n');
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    try (TextEmbedder embedder =
        load(
            TextOptions.builder().queryPrefix("q: ").build(),
            "1_Pooling/config.json",
            MEAN,
            "sentence_bert_config.json",
            "{\"max_seq_length\": 64}")) {
      assertFalse(embedder.name().isEmpty());
    } finally {
      logger.removeHandler(handler);
    }
    assertEquals(
        "INFO small: 4 dimensions, pooling MEAN (1_Pooling/config.json), normalized (the default),"
            + " at most 64 (sentence_bert_config.json) tokens, longer texts TRUNCATE, precision"
            + " FP32, query prefix \"q: \", passage prefix \"\"\n",
        lines.toString());
  }
}

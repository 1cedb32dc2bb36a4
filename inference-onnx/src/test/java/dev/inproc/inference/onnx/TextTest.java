package dev.inproc.inference.onnx;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Attributes;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text that the Java binding of ONNX Runtime cuts or changes reaches the model as it is. */
class TextTest {
  private static final String GRIN = "\uD83D\uDE00"; // U+1F600
  private static final String WINK = "\uD83D\uDE09"; // U+1F609
  private static final List<String> WORDS =
      List.of(GRIN, WINK, "a" + GRIN + "b", "nul\0", "", "plain", "日本", "\uDBFF\uDFFF", "\0\0");

  private static Session load(byte[] model) {
    return new OnnxEngine().load(ModelSource.bytes("text", model));
  }

  private static Session load(GraphBuilder graph) {
    return load(graph.build());
  }

  /** x STRING[batch, n] to the number of each word in the list, -1 of another. */
  private static GraphBuilder numbers() {
    long[] numbers = new long[WORDS.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = 100L + i;
    }
    return new GraphBuilder("numbers")
        .input("x", DataType.STRING_VALUE, "batch,n")
        .mlNode(
            "LabelEncoder",
            "x -> y",
            List.of(
                Attributes.texts("keys_strings", WORDS),
                Attributes.integers("values_int64s", numbers),
                Attributes.integer("default_int64", -1)))
        .output("y", DataType.INT64_VALUE, "batch,n");
  }

  /** x INT64[batch] to the word of that number, "none" of another. */
  private static GraphBuilder words(List<String> words) {
    long[] numbers = new long[words.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    return new GraphBuilder("words")
        .input("x", DataType.INT64_VALUE, "batch,n")
        .mlNode(
            "LabelEncoder",
            "x -> y",
            List.of(
                Attributes.integers("keys_int64s", numbers),
                Attributes.texts("values_strings", words),
                Attributes.text("default_string", "none")))
        .output("y", DataType.STRING_VALUE, "batch,n");
  }

  private static Tensors x(String... words) {
    return Tensors.of("x", Tensor.of(words));
  }

  @Test
  void inputs_beyondTheBasicPlane_reachTheModelInEveryMethod() {
    String[] all = WORDS.toArray(String[]::new);
    long[] expected = new long[all.length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = 100L + i;
    }
    try (Session session = load(numbers())) {
      assertArrayEquals(expected, session.predict(x(all)).only().toLongs());
      assertArrayEquals(expected, Await.value(session.submit(x(all))).only().toLongs());
      Tensor raw = Tensor.of(Shape.of(3, 3), all);
      assertEquals(
          Tensor.of(Shape.of(3, 3), expected), session.runRaw(Tensors.of("x", raw)).only());
      List<Tensors> singles = new ArrayList<>();
      WORDS.forEach(word -> singles.add(x(word)));
      singles.add(x("another " + GRIN));
      List<Tensors> answers = session.predictAll(singles);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], answers.get(i).only().getLong(0), WORDS.get(i));
      }
      assertEquals(-1, answers.get(expected.length).only().getLong(0));
      try (var batched = session.with(Batching.upTo(8))) {
        List<CompletableFuture<Tensors>> futures = new ArrayList<>();
        singles.forEach(single -> futures.add(batched.submit(single)));
        for (int i = 0; i < futures.size(); i++) {
          assertEquals(answers.get(i), Await.value(futures.get(i)));
        }
      }
    }
  }

  /** Two more of the kind: keys that are told by their bytes, and a hash of them. */
  @Test
  void inputs_thatAreMatchedByPattern_areMatchedAsUnicode() {
    GraphBuilder graph =
        new GraphBuilder("pattern")
            .opset("", 20)
            .irVersion(9)
            .input("x", DataType.STRING_VALUE, "batch,n")
            .node(
                "RegexFullMatch",
                "x -> y",
                Attributes.text("pattern", "a[\uD83D\uDE00-\uD83D\uDE09]."))
            .output("y", DataType.BOOL_VALUE, "batch,n");
    try (Session session = load(graph)) {
      assertArrayEquals(
          new boolean[] {true, true, false},
          session.predict(x("a" + GRIN + "b", "a" + WINK + GRIN, "a" + GRIN)).only().toBooleans());
    }
  }

  @Test
  void outputs_beyondTheBasicPlane_comeAsTheModelHasThem() {
    List<String> words =
        List.of(
            GRIN,
            "a" + WINK + GRIN + " and a tail",
            GRIN.repeat(1000),
            "plain",
            "ð\u009f\u0098",
            "");
    try (Session session = load(words(words))) {
      assertEquals(
          words, session.predict(Tensors.of("x", Tensor.of(0L, 1, 2, 3, 4, 5))).only().toStrings());
      List<Tensors> singles = new ArrayList<>();
      for (long i = 0; i < 6; i++) {
        singles.add(Tensors.of("x", Tensor.of(i)));
      }
      List<Tensors> answers = session.predictAll(singles);
      for (int i = 0; i < 6; i++) {
        assertEquals(words.get(i), answers.get(i).only().getString(0));
        assertEquals(answers.get(i), Await.value(session.submit(singles.get(i))));
      }
    }
  }

  /** A NUL, and what four characters look like that were decoded byte by byte. */
  @Test
  void outputs_thatTheBindingCuts_areFailuresAndNotOtherText() {
    List<String> words = List.of("plain", "nul\0 and more", "ð\u009f\u0098\u0080");
    try (Session session = load(words(words))) {
      assertEquals("plain", session.predict(Tensors.of("x", Tensor.of(0L))).only().getString(0));
      for (long i = 1; i < 3; i++) {
        Tensors input = Tensors.of("x", Tensor.of(i));
        EngineException failure = assertThrows(EngineException.class, () -> session.predict(input));
        assertSays(failure, "Output y STRING", "element 0", "NUL");
        assertThrows(
            EngineException.class,
            () -> session.runRaw(Tensors.of("x", Tensor.of(Shape.of(1, 1), 1L))));
      }
      try (var batched = session.with(Batching.upTo(4))) {
        CompletableFuture<Tensors> good = batched.submit(Tensors.of("x", Tensor.of(0L)));
        CompletableFuture<Tensors> bad = batched.submit(Tensors.of("x", Tensor.of(1L)));
        assertEquals("plain", Await.value(good).only().getString(0));
        assertTrue(Await.failure(bad) instanceof EngineException);
      }
    }
  }

  @Test
  void identity_randomText_comesBack() {
    long seed = 20;
    Random random = new Random(seed);
    int[] points = {'a', 0xe9, 0x7ff, 0x20ac, 0xfffd, 0x10000, 0x1f600, 0x10ffff, 0xf0, 0x9f};
    try (Session session = load(Models.identity(DataType.STRING_VALUE))) {
      for (int round = 0; round < 50; round++) {
        String[] words = new String[1 + random.nextInt(20)];
        for (int i = 0; i < words.length; i++) {
          StringBuilder word = new StringBuilder();
          for (int length = random.nextInt(30); length > 0; length--) {
            word.appendCodePoint(points[random.nextInt(points.length - 2)]);
          }
          words[i] = word.toString();
        }
        assertEquals(List.of(words), session.predict(x(words)).only().toStrings(), "seed " + seed);
      }
    }
  }

  @Test
  void longText_comesBackWhole() {
    String plain = "é".repeat(6_000_000);
    String some = "x".repeat(70_000) + GRIN + "y".repeat(70_000);
    String many = GRIN.repeat(40_000);
    try (Session session = load(Models.identity(DataType.STRING_VALUE))) {
      assertEquals(plain, session.predict(x(plain)).only().getString(0));
      assertEquals(List.of(some, many), session.predict(x(some, many)).only().toStrings());
    }
  }

  @Test
  void bytes_reachTheModelAndAreReadIfTheyAreText() {
    byte[] image = {(byte) 0x89, 'P', 'N', 'G', 0, (byte) 0xff};
    try (Session session = load(Models.identity(DataType.STRING_VALUE))) {
      Tensor text = Tensor.ofBytes(("x" + GRIN).getBytes(StandardCharsets.UTF_8));
      assertEquals("x" + GRIN, session.predict(Tensors.of("x", text)).only().getString(0));
      EngineException failure =
          assertThrows(
              EngineException.class, () -> session.predict(Tensors.of("x", Tensor.ofBytes(image))));
      assertSays(failure, "bytes that are not UTF-8");
    }
    try (Session session = load(numbers())) {
      Tensor key = Tensor.ofBytes(GRIN.getBytes(StandardCharsets.UTF_8), image);
      assertArrayEquals(
          new long[] {100, -1}, session.predict(Tensors.of("x", key)).only().toLongs());
    }
  }

  @Test
  void text_thatCannotBePassed_isRefusedByEveryMethod() {
    try (Session session = load(numbers());
        var batched = session.with(Batching.upTo(4))) {
      Tensors lone = x("fine", "a\uD83Db");
      Tensors large = Tensors.of("x", Tensor.ofBytes(new byte[ExactText.MAX_PIECES + 1]));
      for (Tensors bad : List.of(lone, large)) {
        InvalidInputException refused =
            assertThrows(InvalidInputException.class, () -> session.predict(bad));
        assertEquals("x", refused.tensor());
        assertTrue(Await.failure(session.submit(bad)) instanceof InvalidInputException);
        assertThrows(InvalidInputException.class, () -> session.predictAll(List.of(x("a"), bad)));
        Tensor only = bad.only();
        Tensors raw = Tensors.of("x", only.reshape(Shape.of(1, only.elements())));
        assertThrows(InvalidInputException.class, () -> session.runRaw(raw));
        assertTrue(Await.failure(batched.submit(bad)) instanceof InvalidInputException);
      }
      assertSays(
          assertThrows(InvalidInputException.class, () -> session.predict(lone)),
          "Input \"x\"",
          "element 1 of STRING[2]",
          "U+D83D at index 1");
      assertSays(
          assertThrows(InvalidInputException.class, () -> session.predict(large)),
          "at most " + ExactText.MAX_PIECES);
    }
  }

  @Test
  void names_beyondTheBasicPlane_areServed() {
    try (Session session = load(named())) {
      assertEquals(
          List.of(GRIN, WINK), session.signature().inputs().stream().map(i -> i.name()).toList());
      assertEquals("value " + WINK, session.metadata().get("key " + GRIN));
      assertEquals(GRIN, session.metadata().get("description"));
      Tensors answer =
          session.predict(Tensors.of(GRIN, Tensor.of(5f, 7f), WINK, Tensor.of(2f, 3f)));
      assertEquals(Tensor.of(3f, 4f), answer.get("y" + GRIN));
      assertEquals(Tensor.of(7f, 10f), answer.get("y" + WINK));
      assertEquals(
          Tensor.of(7f, 10f),
          session
              .outputs("y" + WINK)
              .predict(Tensors.of(GRIN, Tensor.of(5f, 7f), WINK, Tensor.of(2f, 3f)))
              .only());
    }
  }

  private static byte[] named() {
    return new GraphBuilder("names " + GRIN)
        .input(GRIN, DataType.FLOAT_VALUE, "batch,2")
        .input(WINK, DataType.FLOAT_VALUE, "batch,2")
        .metadata(Map.of("key " + GRIN, "value " + WINK))
        .description(GRIN)
        .node("Sub", GRIN + " " + WINK + " -> y" + GRIN)
        .node("Add", GRIN + " " + WINK + " -> y" + WINK)
        .output("y" + GRIN, DataType.FLOAT_VALUE, "batch,2")
        .output("y" + WINK, DataType.FLOAT_VALUE, "batch,2")
        .build();
  }

  @Test
  void zipMap_ofClassesBeyondTheBasicPlane_hasThemAsLabels() {
    List<String> classes = List.of(GRIN, WINK, "plain");
    try (Session session = load(zipMap(classes, true))) {
      assertEquals(classes, session.signature().output("p").labels());
      assertArrayEquals(
          new float[] {1, 2, 3},
          session.predict(Tensors.of("x", Tensor.of(1f, 2f, 3f))).get("p").toFloats());
    }
    // Two keys that the binding cuts to the same: the output is left out, others are served.
    try (Session session = load(zipMap(classes, false))) {
      assertEquals(1, session.signature().outputs().size());
      IllegalArgumentException failure =
          assertThrows(IllegalArgumentException.class, () -> session.outputs("p"));
      assertSays(failure, "Output \"p\" cannot be read", "maps");
      assertArrayEquals(
          new float[] {1, 2, 3},
          session.predict(Tensors.of("x", Tensor.of(1f, 2f, 3f))).only().toFloats());
    }
  }

  private static byte[] zipMap(List<String> classes, boolean removable) {
    GraphBuilder graph =
        new GraphBuilder("zip")
            .input("x", DataType.FLOAT_VALUE, "batch,3")
            .node("Abs", "x -> scores")
            .mlNode(
                "ZipMap", "scores -> p", List.of(Attributes.texts("classlabels_strings", classes)))
            .output("p", GraphBuilder.sequenceOfMaps(DataType.STRING_VALUE));
    return removable
        ? graph.build()
        : graph.output("scores", DataType.FLOAT_VALUE, "batch,3").build();
  }

  @Test
  void paths_beyondTheBasicPlane_areLoadedOrRefusedInWords(@TempDir Path directory)
      throws IOException {
    Path folder = Files.createDirectory(directory.resolve("models " + GRIN));
    Path file = Files.write(folder.resolve("m" + WINK + ".onnx"), numbers().build());
    try (Session session = new OnnxEngine().load(ModelSource.file(file))) {
      assertEquals(100, session.predict(x(GRIN)).only().getLong(0));
    }
    Path external = Models.externalData(folder, "weights.bin");
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class, () -> new OnnxEngine().load(ModelSource.file(external)));
    assertSays(failure, "U+1F600", "models " + GRIN, "use another path");
  }
}

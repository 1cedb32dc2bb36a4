package dev.inproc.inference.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.onnx.testing.Attributes;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/**
 * Models of MiniLM's vocabulary with few numbers a token. A token's vector is that of its number
 * plus that of its type; logits are a product of the sum of a text's vectors.
 */
final class SmallModels {
  static final int SIZE = 4;
  static final int VOCABULARY = 30_522;
  private static final int INT64 = DataType.INT64.getNumber();
  private static final int INT32 = DataType.INT32.getNumber();
  private static final int FLOAT = DataType.FLOAT.getNumber();
  private static final float[] WORDS = numbers(VOCABULARY * SIZE, 1);
  private static final float[] TYPES = numbers(2 * SIZE, 2);
  private static final byte[] TOKENIZER = resource("all-minilm-l6-v2-tokenizer.json");

  private SmallModels() {}

  private static byte[] resource(String name) {
    try (InputStream in = RealModels.source(name).open()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float[] numbers(int count, long seed) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  /** Returns the weights of a head: one row for each number of a vector. */
  static float[] head(int labels) {
    return numbers(SIZE * labels, 3);
  }

  static float[] types() {
    return TYPES.clone();
  }

  /** The vector of a token. */
  static float[] vector(long id, long type) {
    float[] vector = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      vector[i] = WORDS[(int) id * SIZE + i] + TYPES[(int) type * SIZE + i];
    }
    return vector;
  }

  private static GraphBuilder body(int elementType, String tokens) {
    return new GraphBuilder("small")
        .input("input_ids", elementType, "batch," + tokens)
        .input("attention_mask", elementType, "batch," + tokens)
        .input("token_type_ids", elementType, "batch," + tokens)
        .initializer("words", WORDS, VOCABULARY, SIZE)
        .initializer("types", TYPES, 2, SIZE)
        .node("Gather", "words input_ids -> word_vectors")
        .node("Gather", "types token_type_ids -> type_vectors")
        .node("Add", "word_vectors type_vectors -> last_hidden_state");
  }

  /** A model that gives the vectors of a text's tokens. */
  static byte[] encoder() {
    return body(INT64, "sequence")
        .output("last_hidden_state", FLOAT, "batch,sequence," + SIZE)
        .build();
  }

  /** The same with inputs of 32 bits. */
  static byte[] encoderOfInts() {
    return body(INT32, "sequence")
        .output("last_hidden_state", FLOAT, "batch,sequence," + SIZE)
        .build();
  }

  /** The same for texts of a fixed number of tokens. */
  static byte[] encoderOf(int tokens) {
    return body(INT64, "" + tokens)
        .output("last_hidden_state", FLOAT, "batch," + tokens + "," + SIZE)
        .build();
  }

  /** The same with no input but the tokens' numbers and their positions, which are added. */
  static byte[] encoderWithPositions() {
    return new GraphBuilder("positions")
        .input("input_ids", INT64, "batch,sequence")
        .input("position_ids", INT64, "batch,sequence")
        .initializer("words", WORDS, VOCABULARY, SIZE)
        .node("Gather", "words input_ids -> vectors")
        .node("Cast", "position_ids -> positions", Attributes.integer("to", FLOAT))
        .axes("axis", 2)
        .node("Unsqueeze", "positions axis -> column")
        .node("Add", "vectors column -> last_hidden_state")
        .output("last_hidden_state", FLOAT, "batch,sequence," + SIZE)
        .build();
  }

  /** A model that knows so many positions, which it does not say. */
  static byte[] encoderOfPositions(int positions) {
    return new GraphBuilder("table")
        .input("input_ids", INT64, "batch,sequence")
        .input("position_ids", INT64, "batch,sequence")
        .initializer("words", WORDS, VOCABULARY, SIZE)
        .initializer("positions", numbers(positions * SIZE, 4), positions, SIZE)
        .node("Gather", "words input_ids -> word_vectors")
        .node("Gather", "positions position_ids -> position_vectors")
        .node("Add", "word_vectors position_vectors -> last_hidden_state")
        .output("last_hidden_state", FLOAT, "batch,sequence," + SIZE)
        .build();
  }

  /** A model that gives a text's vector, the sum of its tokens' vectors, beside the vectors. */
  static byte[] encoderWithSentenceEmbedding() {
    return summed(body(INT64, "sequence"), "sentence_embedding")
        .output("last_hidden_state", FLOAT, "batch,sequence," + SIZE)
        .output("sentence_embedding", FLOAT, "batch," + SIZE)
        .build();
  }

  /** A model of two outputs of which no name is usual. */
  static byte[] ambiguousEncoder() {
    return body(INT64, "sequence")
        .node("Neg", "last_hidden_state -> a")
        .node("Abs", "last_hidden_state -> b")
        .output("a", FLOAT, "batch,sequence," + SIZE)
        .output("b", FLOAT, "batch,sequence," + SIZE)
        .build();
  }

  /** A model that gives scores. */
  static byte[] withHead(int labels) {
    return summed(body(INT64, "sequence"), "sum")
        .initializer("head", head(labels), SIZE, labels)
        .node("MatMul", "sum head -> logits")
        .output("logits", FLOAT, "batch," + labels)
        .build();
  }

  private static GraphBuilder summed(GraphBuilder body, String name) {
    return body.node("Cast", "attention_mask -> mask", Attributes.integer("to", FLOAT))
        .axes("last", 2)
        .node("Unsqueeze", "mask last -> column")
        .node("Mul", "last_hidden_state column -> shown")
        .axes("tokens", 1)
        .node("ReduceSum", "shown tokens -> " + name, Attributes.integer("keepdims", 0));
  }

  /** Writes a model's directory. */
  static Path write(Path directory, byte[] model, Map<String, String> files) {
    try {
      Files.createDirectories(directory);
      Files.write(directory.resolve("model.onnx"), model);
      Files.write(directory.resolve("tokenizer.json"), TOKENIZER);
      for (Map.Entry<String, String> file : files.entrySet()) {
        Path path = directory.resolve(file.getKey());
        Files.createDirectories(path.getParent());
        Files.writeString(path, file.getValue());
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the tokenizer of these models as DJL offers it, for the values expected. */
  static HuggingFaceTokenizer tokenizer() {
    Map<String, String> options = Map.of("padding", "false", "truncation", "false");
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(TOKENIZER), options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String tokenizerJson() {
    return new String(TOKENIZER, StandardCharsets.UTF_8);
  }

  /** Returns the mean of the vectors of these tokens of type 0. */
  static float[] mean(long... ids) {
    float[] mean = new float[SIZE];
    for (long id : ids) {
      Vectors.add(mean, vector(id, 0), 1f / ids.length);
    }
    return mean;
  }

  static float[] unit(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += value * value;
    }
    float[] unit = vector.clone();
    for (int i = 0; i < unit.length; i++) {
      unit[i] /= (float) Math.sqrt(squares);
    }
    return unit;
  }
}

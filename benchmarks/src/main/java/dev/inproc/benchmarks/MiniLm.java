package dev.inproc.benchmarks;

import dev.inproc.inference.onnx.quantize.QuantizeOptions;
import dev.inproc.inference.onnx.quantize.Quantizer;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The sentence model all-MiniLM-L6-v2 in FP32, as LangChain4j's jar brings it: input_ids,
 * attention_mask and token_type_ids, INT64 [batch,sequence], to last_hidden_state
 * [batch,sequence,384]. Texts are random ids of its vocabulary, the same in every run.
 */
public final class MiniLm {
  public static final String IDS = "input_ids";
  public static final String MASK = "attention_mask";
  public static final String TYPES = "token_type_ids";
  public static final String OUTPUT = "last_hidden_state";
  public static final int WIDTH = 384;
  static final int TEXTS = 32;

  private static final String RESOURCE = "all-minilm-l6-v2.onnx";
  private static final int FIRST_WORD = 1000; // below are special and unused ids
  private static final int VOCABULARY = 30_522;
  private static final int CLS = 101;
  private static final int SEP = 102;

  private MiniLm() {}

  public static byte[] model() {
    return model(RESOURCE);
  }

  /** One of its files on the class path. */
  public static byte[] model(String resource) {
    try (InputStream in = MiniLm.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not on the class path");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The model in row-wise INT8, without what costs time and changes constants alone. */
  static byte[] rowwiseInt8() {
    try {
      Path folder = Files.createTempDirectory("inproc");
      Path plain = folder.resolve("model.onnx");
      Path quantized = folder.resolve("int8.onnx");
      try {
        Files.write(plain, model());
        QuantizeOptions options = QuantizeOptions.DEFAULT.withErrorCompensation(false);
        var unused = Quantizer.quantize(plain, quantized, options);
        return Files.readAllBytes(quantized);
      } finally {
        Files.deleteIfExists(plain);
        Files.deleteIfExists(quantized);
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** So many texts of one length. */
  public static List<long[]> texts(int count, int length) {
    Random random = new Random(32);
    List<long[]> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(text(random, length));
    }
    return texts;
  }

  /** Texts of lengths from 4 to 128, evenly spread. */
  public static List<long[]> mixedTexts() {
    return mixedTexts(TEXTS, 4, 128);
  }

  /** So many texts of lengths in a range, evenly spread. */
  public static List<long[]> mixedTexts(int count, int shortest, int longest) {
    Random random = new Random(longest);
    List<long[]> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(text(random, shortest + random.nextInt(longest - shortest + 1)));
    }
    return texts;
  }

  private static long[] text(Random random, int length) {
    long[] ids = new long[length];
    for (int i = 0; i < length; i++) {
      int word = FIRST_WORD + random.nextInt(VOCABULARY - FIRST_WORD);
      ids[i] = word;
    }
    ids[0] = CLS;
    ids[length - 1] = SEP;
    return ids;
  }

  /** One text as a session takes it. */
  public static Tensors encode(long[] ids) {
    long[] ones = new long[ids.length];
    Arrays.fill(ones, 1);
    Tensor types = Tensor.of(Shape.of(ids.length), new long[ids.length]);
    return Tensors.of(IDS, Tensor.of(ids), MASK, Tensor.of(ones), TYPES, types);
  }

  /** Each text's vectors, one after the other. */
  static float[][] decode(List<Tensors> answers) {
    return answers.stream().map(answer -> answer.only().toFloats()).toArray(float[][]::new);
  }
}

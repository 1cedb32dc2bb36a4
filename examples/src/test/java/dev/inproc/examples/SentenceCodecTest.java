package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class SentenceCodecTest {
  private static final HuggingFaceTokenizer TOKENIZER = MiniLm.tokenizer();

  private final SentenceCodec codec = new SentenceCodec(TOKENIZER);

  @AfterAll
  static void close() {
    TOKENIZER.close();
  }

  @Test
  void encode_shortText_isItsTokensBetweenMarkers() {
    Tensors encoded = codec.encode("where is my parcel?");
    // [CLS] where is my parcel ? [SEP] in BERT's vocabulary.
    long[] ids = {101, 2073, 2003, 2026, 20463, 1029, 102};
    assertArrayEquals(ids, encoded.get("input_ids").toLongs());
    assertArrayEquals(new long[] {1, 1, 1, 1, 1, 1, 1}, encoded.get("attention_mask").toLongs());
    assertArrayEquals(new long[7], encoded.get("token_type_ids").toLongs());
  }

  @Test
  void encode_longText_isTruncatedTo256Tokens() {
    Tensors encoded = codec.encode("violin ".repeat(1000));
    assertEquals(Shape.of(MiniLm.MAX_TOKENS), encoded.get("input_ids").shape());
    assertEquals(Shape.of(MiniLm.MAX_TOKENS), encoded.get("attention_mask").shape());
    assertEquals(102, encoded.get("input_ids").getLong(MiniLm.MAX_TOKENS - 1));
  }

  @Test
  void encode_emptyText_isTheMarkersAlone() {
    assertArrayEquals(new long[] {101, 102}, codec.encode("").get("input_ids").toLongs());
  }

  @Test
  void decode_randomRows_equalsTheNaiveMeanScaledToOne() {
    Random random = new Random(3);
    for (int tokens : new int[] {1, 2, 17, 256}) {
      float[] rows = new float[tokens * MiniLm.DIMENSIONS];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = (float) random.nextGaussian();
      }
      Tensor hidden = Tensor.of(Shape.of(tokens, MiniLm.DIMENSIONS), rows);
      float[] decoded = codec.decode(Tensors.of("last_hidden_state", hidden));
      assertArrayEquals(naive(rows, tokens), decoded, 1e-6f);
    }
  }

  @Test
  void decode_zeros_isZerosAndNotNaN() {
    Tensor hidden = Tensor.of(Shape.of(2, 3), new float[6]);
    assertArrayEquals(new float[3], codec.decode(Tensors.of("last_hidden_state", hidden)));
  }

  private static float[] naive(float[] rows, int tokens) {
    double[] mean = new double[MiniLm.DIMENSIONS];
    for (int i = 0; i < mean.length; i++) {
      for (int token = 0; token < tokens; token++) {
        mean[i] += rows[token * mean.length + i];
      }
      mean[i] /= tokens;
    }
    double length = 0;
    for (double value : mean) {
      length += value * value;
    }
    length = Math.sqrt(length);
    assertTrue(length > 0);
    float[] unit = new float[mean.length];
    for (int i = 0; i < mean.length; i++) {
      unit[i] = (float) (mean[i] / length);
    }
    return unit;
  }
}

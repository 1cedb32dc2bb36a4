package dev.inproc.inference.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TextEmbedderTest {
  private static TextEmbedder embedder;

  @BeforeAll
  static void load() {
    embedder =
        TextEmbedder.load(RealModels.miniLm(), TextOptions.builder().pooling(Pooling.MEAN).build());
  }

  @AfterAll
  static void close() {
    embedder.close();
  }

  @Test
  void embedder_byAnyMethod_answersAlike() {
    String text = "How do I reset my password?";
    float[] vector = embedder.predict(text);
    assertEquals(384, vector.length);
    assertEquals(384, embedder.dimensions());
    assertArrayEquals(vector, embedder.submit(text).join(), 1e-5f);
    assertArrayEquals(vector, embedder.predictAll(List.of("x", text)).get(1), 1e-5f);
    EmbeddedText counted = embedder.counted().predict(text);
    assertArrayEquals(vector, counted.vector(), 1e-5f);
    assertEquals(embedder.countTokens(text), counted.tokens());
    assertEquals(9, counted.tokens()); // how do i reset my password ? and two special tokens
    assertTrue(embedder.describe().toString().contains("tokens"), embedder.describe().toString());
  }
}

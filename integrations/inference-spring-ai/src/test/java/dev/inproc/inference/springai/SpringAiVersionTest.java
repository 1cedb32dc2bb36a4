package dev.inproc.inference.springai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.springframework.ai.embedding.EmbeddingModel;

/** That these tests run on the version that the build means. */
class SpringAiVersionTest {

  @Test
  void springAi_versionIsTheOneMeant() {
    String version = EmbeddingModel.class.getPackage().getImplementationVersion();
    String expected = System.getProperty("springai.expected");
    if (expected == null) {
      assertTrue(version.startsWith("1.1."), version);
    } else {
      assertEquals(expected, version);
    }
  }
}

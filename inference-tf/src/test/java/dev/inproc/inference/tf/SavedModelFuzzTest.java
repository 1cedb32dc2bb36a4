package dev.inproc.inference.tf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.inproc.inference.tf.testing.EvilModels;
import dev.inproc.inference.tf.testing.SavedModels;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The reader and the check of {@code saved_model.pb} under hostile bytes: nothing comes out but an
 * IllegalArgumentException, in bounded time and memory. As a test: the seeds and some seconds of
 * mutations. An hour of fuzzing: {@code ./mvnw -pl inference-tf -am -Pfuzz verify}.
 */
class SavedModelFuzzTest {

  @FuzzTest(maxDuration = "1h")
  void read_anyBytes_isReadOrRefused(byte[] data) {
    check(data);
  }

  private static void check(byte[] data) {
    try {
      for (SavedModelGraph graph : SavedModelReader.read(data)) {
        var unused = SafetyCheck.refusal(graph);
        for (SavedModelGraph.SignatureInfo signature : graph.signatures().values()) {
          var unusedKeeps = SafetyCheck.keepsInputs(graph, signature);
        }
      }
    } catch (IllegalArgumentException e) {
      // refused, and says why
    }
  }

  @Test
  void read_mutatedModels_isReadOrRefused() {
    List<byte[]> seeds =
        List.of(
            SavedModels.tinyMlp().bytes(),
            SavedModels.slow().bytes(),
            SavedModels.remember().bytes(),
            EvilModels.readFileInBranch().bytes(),
            EvilModels.restoreElsewhere("x").bytes());
    Mutations.run(new Random(17), seeds, SavedModelFuzzTest::check);
  }
}

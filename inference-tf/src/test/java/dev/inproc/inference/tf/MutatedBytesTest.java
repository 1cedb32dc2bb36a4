package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Some seconds of what the fuzz tests do for an hour, always the same. */
class MutatedBytesTest {
  @Test
  void savedModels_mutated_areReadAsProtobufDoesOrRefused() {
    Mutations.run(17, Seeds.models(), ReaderProperties::savedModel);
  }

  @Test
  void warmUpRequests_mutated_areReadOrRefused() {
    Mutations.run(18, Seeds.warmUpRequests(), ReaderProperties::warmUpRequest);
    Mutations.run(19, Seeds.warmUpFiles(), ReaderProperties::warmUpFile);
  }

  @Test
  void seeds_areAccepted_andCutOnesAreNot() {
    for (byte[] model : Seeds.models()) {
      assertTrue(ReaderProperties.savedModel(model));
      assertFalse(ReaderProperties.savedModel(Arrays.copyOf(model, model.length - 1)));
    }
  }
}

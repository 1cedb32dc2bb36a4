package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Messages;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be loaded says which model and why, and does not crash the JVM. */
interface LoadFaultsContract extends Contract {
  private ModelLoadException assertRefused(ModelSource source) {
    ModelLoadException failure = assertThrows(ModelLoadException.class, () -> load(source).close());
    assertEquals(source.describe(), failure.model());
    Messages.assertSays(failure, source.describe());
    String reason = String.valueOf(failure.getMessage()).replace(source.describe(), "");
    assertFalse(reason.replaceAll("[\\W\\d]", "").isEmpty(), "no reason: " + failure.getMessage());
    return failure;
  }

  @Test
  default void load_missing_saysPathAndThatItIsNotThere(@TempDir Path directory)
      throws IOException {
    Messages.assertSays(assertRefused(models().missing(directory)), "no such");
  }

  @Test
  default void load_empty_saysEmpty(@TempDir Path directory) throws IOException {
    Messages.assertSays(assertRefused(models().empty(directory)), "empty");
  }

  @Test
  default void load_corrupt_saysPathAndReason(@TempDir Path directory) throws IOException {
    assertRefused(models().corrupt(directory));
  }

  @Test
  default void load_truncated_saysPathAndReason(@TempDir Path directory) throws IOException {
    assertRefused(models().truncated(directory));
  }

  @Test
  default void load_wrongKind_saysPathAndReason(@TempDir Path directory) throws IOException {
    assertRefused(models().wrongKind(directory));
  }

  @Test
  default void load_padOfUnknownInput_listsTheInputs() {
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class,
            () -> load(models().tinyMlp(), SessionOptions.builder().pad("z", 0)).close());
    Messages.assertSays(failure, "z", "[x]");
  }

  @Test
  default void load_leadingAxisOfDisagreeingInputs_isRefused() {
    SessionOptions.Builder options = SessionOptions.builder().batchAxis(BatchAxis.LEADING);
    assertThrows(
        IllegalArgumentException.class, () -> load(models().noBatchAxis(), options).close());
  }

  @Test
  default void load_warmUpThatFails_saysWarmUpAndItsSize() {
    needs(Capability.REFUSES_BAD_IDS);
    Tensors bad = Tensors.of("ids", Tensor.of(ContractModels.VOCABULARY + 9L));
    SessionOptions.Builder options = SessionOptions.builder().warmUp(bad, 2, 8);
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> load(models().gather(), options).close());
    Messages.assertSays(failure, "warm-up with a batch of 2 failed");
  }

  @Test
  default void load_warmUpWithAnExampleThatDoesNotFit_fails() {
    SessionOptions.Builder options = SessionOptions.builder().warmUp(Contract.x(1, 2), 1);
    assertThrows(RuntimeException.class, () -> load(models().tinyMlp(), options).close());
  }
}

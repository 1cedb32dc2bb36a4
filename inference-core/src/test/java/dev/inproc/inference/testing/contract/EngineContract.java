package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.testing.TestDevice;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every engine owes, whatever it runs and whatever it runs on. An engine's module extends this
 * with its {@link ContractModels} and nothing else: what the engine lacks it declares there, and it
 * is printed with the reason. Runs on {@link TestDevice}; where the machine has no such device, all
 * is skipped, with the reason printed.
 */
@Tag("contract")
@Timeout(value = 60, threadMode = SEPARATE_THREAD) // a close that hangs must not hang the build
public abstract class EngineContract
    implements AnswersContract,
        BadInputContract,
        CallsContract,
        ClosingContract,
        DeadlineContract,
        DescriptionContract,
        DevicesContract,
        DimensionsContract,
        EngineFailureContract,
        LoadFaultsContract,
        PassThroughContract,
        ShapesContract {
  private final ContractModels models;

  /** Creates the suite for an engine. */
  protected EngineContract(ContractModels models) {
    this.models = models;
  }

  @Override
  public final ContractModels models() {
    return models;
  }

  @BeforeAll
  static void device_isThere() {
    String reason = TestDevice.whyAbsent();
    if (reason != null) {
      System.out.println("SKIPPED, the whole contract: " + reason);
      Assumptions.abort(reason);
    }
  }

  @Test
  void lacks_areDeclaredWithReasons() {
    for (Capability capability : Capability.values()) {
      declare(capability.toString(), models.lacks(capability));
    }
    for (DataType type : DataType.values()) {
      declare(type.toString(), models.lacks(type));
    }
  }

  private void declare(String what, @Nullable String reason) {
    if (reason != null) {
      assertFalse(reason.isBlank(), what);
      System.out.println("DECLARED, " + models.engine().name() + " lacks " + what + ": " + reason);
    }
  }
}

package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.testing.SentinelEngine;
import dev.inproc.inference.testing.TestDevice;
import org.junit.jupiter.api.Timeout;

/**
 * What {@link EngineContract} says of answers, with each run made twice over memory that held
 * different patterns: no byte of an answer comes from anywhere but its run. The parts about time,
 * closing and loading say nothing of answers, and are not repeated. An engine's module extends this
 * with its {@link ContractModels} and nothing else.
 */
@Timeout(value = 60, threadMode = SEPARATE_THREAD)
public abstract class SentinelContract
    implements AnswersContract,
        BadInputContract,
        CallsContract,
        EngineFailureContract,
        PassThroughContract,
        ShapesContract {
  private final ContractModels models;

  /** Creates the suite for an engine. */
  protected SentinelContract(ContractModels models) {
    this.models = models;
  }

  @Override
  public final ContractModels models() {
    return models;
  }

  @Override
  public final Session load(ModelSource source, SessionOptions.Builder options) {
    return new SentinelEngine(models.engine())
        .load(source, options.devices(TestDevice.selected()).build());
  }
}

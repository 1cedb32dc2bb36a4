package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.internal.concurrent.Timer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Loading, cancelling and invalidating one key, in all interleavings that Lincheck finds: the cache
 * must look like a register. The model reads a number; to write the number and invalidate the key
 * is one step of the register; to load, by whatever method and whoever cancels beside it, reads it.
 * So a load that begins after an invalidation has returned sees what was written before, whether a
 * run was under way, was given up by its last caller, or was just being kept. Half a minute, so it
 * has a profile: {@code -Plincheck}.
 */
@EnabledIfSystemProperty(
    named = "inproc.lincheck",
    matches = "true",
    disabledReason = "the model checker runs under -Plincheck")
public class OneKeyLincheckTest {
  private static final String KEY = "key";
  private static final int SCALE = Integer.getInteger("inproc.lincheck.scale", 1);

  private final Register register = new Register();
  private final CachingPredictor<String, Integer> cache =
      Caching.exact(10)
          .withAnswers(Integer.class)
          .withAlwaysOn()
          .decorate(register, Timer.system(), CacheExecutors.caller());

  /** Reads the number when a run ends, which for asynchronous runs someone else must do. */
  private static final class Register implements Predictor<String, Integer> {
    private volatile int number;
    private final Queue<CallFuture<String, Integer>> pending = new ConcurrentLinkedQueue<>();

    @Override
    public Integer predict(String input, CallOptions options) {
      return number;
    }

    @Override
    public CompletableFuture<Integer> submit(String input, CallOptions options) {
      CallFuture<String, Integer> call = new CallFuture<>(input, options);
      pending.add(call);
      return call;
    }

    void runPending() {
      for (CallFuture<String, Integer> call = pending.poll(); call != null; call = pending.poll()) {
        call.answer(number);
      }
    }

    @Override
    public List<Integer> predictAll(List<String> inputs, CallOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  @Operation
  public int load() {
    return cache.predict(KEY);
  }

  @Operation
  public int loadLater() {
    CompletableFuture<Integer> call = cache.submit(KEY);
    register.runPending();
    return call.join();
  }

  @Operation
  public void loadAndCancel() {
    CompletableFuture<Integer> call = cache.submit(KEY);
    call.cancel(false);
    register.runPending();
  }

  @Operation
  public void writeAndInvalidate(@Param(gen = IntGen.class) int value) {
    register.number = value;
    cache.invalidate(KEY);
  }

  /** What it must look like. */
  public static class Specification {
    private int number;

    public int load() {
      return number;
    }

    public int loadLater() {
      return number;
    }

    public void loadAndCancel() {}

    public void writeAndInvalidate(int value) {
      number = value;
    }
  }

  @Test
  void oneKey_modelChecked_isARegister() {
    new ModelCheckingOptions()
        .sequentialSpecification(Specification.class)
        .iterations(2 * SCALE)
        .invocationsPerIteration(100)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(0)
        .actorsAfter(1)
        .check(OneKeyLincheckTest.class);
  }

  @Test
  void oneKey_underStress_isARegister() {
    new StressOptions()
        .sequentialSpecification(Specification.class)
        .iterations(10 * SCALE)
        .invocationsPerIteration(500)
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(0)
        .actorsAfter(1)
        .check(OneKeyLincheckTest.class);
  }
}

package dev.inproc.inference.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.ServingRuntime;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import io.micrometer.observation.tck.TestObservationRegistryAssert.TestObservationRegistryAssertReturningObservationContextAssert;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ObservingTest {
  private static final ThreadLocal<String> TRACE = new ThreadLocal<>();

  private final TestObservationRegistry registry = TestObservationRegistry.create();
  private final List<CompletableFuture<String>> futures = new ArrayList<>();
  private final Predictor<String, String> predictor =
      new Echo().with(Observing.calls("echo", registry));

  /** Answers the request, within an observation; futures are the test's to complete. */
  private final class Echo implements Predictor<String, String> {
    @Override
    public CompletableFuture<String> submit(String input, CallOptions options) {
      CompletableFuture<String> future = new CompletableFuture<>();
      futures.add(future);
      return future;
    }

    @Override
    public String predict(String input, CallOptions options) {
      if (input.isEmpty()) {
        throw new EngineException("empty", null);
      }
      return registry.getCurrentObservation() == null ? "unobserved" : input;
    }

    @Override
    public List<String> predictAll(List<String> inputs, CallOptions options) {
      return inputs.stream().map(input -> predict(input, options)).toList();
    }

    @Override
    public void close() {
      // Nothing to release.
    }
  }

  /** The one observation. */
  private TestObservationRegistryAssertReturningObservationContextAssert one() {
    return TestObservationRegistryAssert.assertThat(registry)
        .hasNumberOfObservationsEqualTo(1)
        .hasObservationWithNameEqualTo("inproc.predict")
        .that()
        .hasLowCardinalityKeyValue("predictor", "echo")
        .hasBeenStarted();
  }

  @Test
  void predict_isObserved_withTheRequestsId() {
    assertEquals("a", predictor.predict("a", CallOptions.DEFAULT.withRequestId("r-1")));
    one().hasBeenStopped().hasHighCardinalityKeyValue("request.id", "r-1");
  }

  @Test
  void predict_thatFails_isObservedAsAnError() {
    assertThrows(EngineException.class, () -> predictor.predict(""));
    one().hasBeenStopped().hasError();
  }

  @Test
  void submit_isObservedUntilItsOutcome() {
    var unused = predictor.submit("a");
    one().isNotStopped();
    futures.get(0).complete("a");
    one().hasBeenStopped().doesNotHaveError();
  }

  @Test
  void hook_carriesTheCallersContext() {
    ContextRegistry context = new ContextRegistry().registerThreadLocalAccessor("trace", TRACE);
    UnaryOperator<Runnable> captured;
    TRACE.set("trace-7");
    try {
      captured =
          ContextPropagation.hook(ContextSnapshotFactory.builder().contextRegistry(context).build())
              .get();
    } finally {
      TRACE.remove();
    }
    List<String> seen = new ArrayList<>();
    captured.apply(() -> seen.add(TRACE.get())).run();
    seen.add(TRACE.get());
    assertEquals(java.util.Arrays.asList("trace-7", null), seen);
    // The type that the runtime takes.
    ServingRuntime.builder("traced").context(ContextPropagation.hook()).build().close();
  }
}

package dev.inproc.inference.micrometer;

import io.micrometer.context.ContextSnapshotFactory;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Carries what the thread of a caller has in its context (logging, tracing, whatever has a {@code
 * ThreadLocalAccessor}) to the callbacks of its calls.
 *
 * <pre>{@code
 * ServingRuntime runtime =
 *     ServingRuntime.builder("search").context(ContextPropagation.hook()).build();
 * }</pre>
 */
public final class ContextPropagation {
  private ContextPropagation() {}

  /** Returns a hook for {@code ServingRuntime.Builder.context}. */
  public static Supplier<UnaryOperator<Runnable>> hook() {
    return hook(ContextSnapshotFactory.builder().build());
  }

  /** Returns a hook that captures by a factory of the application. */
  public static Supplier<UnaryOperator<Runnable>> hook(ContextSnapshotFactory factory) {
    return () -> factory.captureAll()::wrap;
  }
}

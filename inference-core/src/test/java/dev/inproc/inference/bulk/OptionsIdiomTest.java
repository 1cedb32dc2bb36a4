package dev.inproc.inference.bulk;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.OptionsIdiom;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The options of calls, bulk runs, batching and the probe, by the idiom of all options. */
class OptionsIdiomTest {
  private static final CallOptions CALL = CallOptions.DEFAULT;
  private static final BulkScoring BULK = BulkScoring.inOrder();
  private static final Batching BATCHING = Batching.upTo(8);
  private static final IntegrityOptions PROBE = IntegrityOptions.DEFAULT;
  private static final Executor EXECUTOR = Runnable::run;
  private static final BulkScoring.BadRows<Object> BAD_ROWS = OptionsIdiomTest::ignore;
  private static final Consumer<BulkProgress> LISTENER = OptionsIdiomTest::ignore;

  private static void ignore(long index, Object row, RuntimeException failure) {}

  private static void ignore(BulkProgress progress) {}

  static Stream<OptionsIdiom<?>> all() {
    return Stream.of(
        new OptionsIdiom<>(
            CallOptions.class,
            CallOptions.class,
            () -> CALL.withExecutor(null),
            Map.of(
                "timeout", () -> CALL.withTimeout(Duration.ofMillis(5)),
                "priority", () -> CALL.withPriority(CallOptions.Priority.HIGH),
                "overload", () -> CALL.withOverload(CallOptions.Overload.WAIT),
                "requestId", () -> CALL.withRequestId("trace-7"),
                "affinityKey", () -> CALL.withAffinityKey("user"),
                "cacheScope", () -> CALL.withCacheScope("tenant"),
                "cacheMode", () -> CALL.withCacheMode(CallOptions.CacheMode.REFRESH),
                "executor", () -> CALL.withExecutor(EXECUTOR)),
            OptionsIdiom.names("deadlineNanos", "blocking", "facts"),
            Set.of()),
        new OptionsIdiom<>(
            BulkScoring.class,
            BulkSettings.class,
            BulkScoring::inOrder,
            Map.of(
                "isInOrder", BulkScoring::asTheyCome,
                "parallelism", () -> BULK.withParallelism(3),
                "chunkSize", () -> BULK.withChunkSize(7),
                "options", () -> BULK.withOptions(CallOptions.timeout(Duration.ofSeconds(1))),
                "badRows", () -> BULK.withBadRows(BAD_ROWS),
                "listener", () -> BULK.withProgress(Duration.ZERO, LISTENER),
                "listenEvery", () -> BULK.withProgress(Duration.ofSeconds(5), LISTENER)),
            Set.of(),
            Set.of()),
        new OptionsIdiom<>(
            Batching.class,
            Batching.class,
            () -> Batching.upTo(8),
            Map.of(
                "maxBatchSize", () -> Batching.upTo(9),
                "maxDelay", () -> BATCHING.withMaxDelay(Duration.ofMillis(1)),
                "maxQueued", () -> BATCHING.withMaxQueued(5),
                "maxQueuedBytes", () -> BATCHING.withMaxQueuedBytes(6),
                "parallelism", () -> BATCHING.withParallelism(2)),
            Set.of(),
            Set.of()),
        new OptionsIdiom<>(
            IntegrityOptions.class,
            IntegrityOptions.class,
            () -> PROBE.withStateIgnored(false),
            Map.of(
                "enabled",
                () -> IntegrityOptions.skip().withTimeLimit(PROBE.timeLimit()).withTolerance(1e-3),
                "inputs",
                () -> PROBE.withInputs(Tensors.of("x", Tensor.of(1f))),
                "timeLimit",
                () -> PROBE.withTimeLimit(Duration.ofSeconds(7)),
                "tolerance",
                () -> PROBE.withTolerance(0.5),
                "findings",
                () -> PROBE.withFindings(Path.of("findings")),
                "stateIgnored",
                () -> PROBE.withStateIgnored(true)),
            Set.of(),
            Set.of()));
  }

  @ParameterizedTest
  @MethodSource("all")
  void options_followTheIdiom(OptionsIdiom<?> options) throws ReflectiveOperationException {
    options.check();
  }
}

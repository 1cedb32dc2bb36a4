package dev.inproc.inference.bulk;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.testing.OptionsIdiom;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The options of calls and of bulk runs, by the idiom of all options. */
class OptionsIdiomTest {
  private static final CallOptions CALL = CallOptions.DEFAULT;
  private static final BulkScoring BULK = BulkScoring.inOrder();
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
            Set.of()));
  }

  @ParameterizedTest
  @MethodSource("all")
  void options_followTheIdiom(OptionsIdiom<?> options) throws ReflectiveOperationException {
    options.check();
  }
}

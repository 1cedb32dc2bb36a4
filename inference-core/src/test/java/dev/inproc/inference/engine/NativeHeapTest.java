package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.ManualTimer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class NativeHeapTest {
  private final ManualTimer timer = new ManualTimer();
  private final AtomicInteger trims = new AtomicInteger();
  private boolean isAnyModelOpen = true;
  private final NativeHeap heap =
      new NativeHeap(trims::incrementAndGet, timer, Runnable::run, () -> isAnyModelOpen);

  @Test
  void firstModelFreed_isTrimmedAtOnce() {
    heap.modelFreed();
    assertEquals(1, trims.get());
    assertEquals(0, timer.pending());
  }

  @Test
  void modelsFreedWhileOthersServe_areTrimmedTogetherAfterTenSeconds() {
    for (int i = 0; i < 100; i++) {
      heap.modelFreed();
    }
    assertEquals(1, trims.get());
    assertEquals(1, timer.pending());
    timer.advance(NativeHeap.PAUSE_NANOS - 1);
    assertEquals(1, trims.get());
    timer.advance(1);
    assertEquals(2, trims.get());
    heap.modelFreed();
    assertEquals(2, trims.get());
    timer.advance(NativeHeap.PAUSE_NANOS);
    assertEquals(3, trims.get());
    timer.advance(NativeHeap.PAUSE_NANOS);
    heap.modelFreed();
    assertEquals(4, trims.get());
    assertEquals(0, timer.pending());
  }

  @Test
  void lastModelFreed_isTrimmedAtOnceAndLeavesNoTask() {
    heap.modelFreed();
    heap.modelFreed();
    isAnyModelOpen = false;
    heap.modelFreed();
    assertEquals(2, trims.get());
    assertEquals(0, timer.pending());
  }

  @Test
  void jvmThatCannotTrim_orFails_isNoMatter() {
    new NativeHeap(null, timer, Runnable::run, () -> true).modelFreed();
    new NativeHeap(
            () -> {
              throw new UnsupportedOperationException();
            },
            timer,
            Runnable::run,
            () -> true)
        .modelFreed();
    new TrimCommand().run();
    assertTrue(timer.pending() == 0);
  }
}

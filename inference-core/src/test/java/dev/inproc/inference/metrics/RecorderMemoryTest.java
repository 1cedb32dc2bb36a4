package dev.inproc.inference.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * What the figures of a layer hold on the heap, by the heap's own account, with latencies from 100
 * ns to 10 s, as likely in each octave.
 */
class RecorderMemoryTest {
  private static final double SHORTEST = Math.log(100);
  private static final double LONGEST = Math.log(10e9);

  private static void record(CallRecorder recorder, SplittableRandom random, int calls) {
    for (int i = 0; i < calls; i++) {
      recorder.begin(1);
      double log = SHORTEST + (LONGEST - SHORTEST) * random.nextDouble();
      recorder.answered((long) Math.exp(log), 1);
    }
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Bytes of each of so many things; enough of them to drown what else the process allocates. */
  private static double bytesOfEach(int count, Supplier<?> make) {
    var unused = make.get(); // what is loaded and cached once
    List<Object> held = new ArrayList<>(count);
    long before = used();
    for (int i = 0; i < count; i++) {
      held.add(make.get());
    }
    double each = (double) (used() - before) / count;
    assertEquals(count, held.size());
    return each;
  }

  private record Lane(CallRecorder recorder, MinuteWindow window) {}

  /** With one recording thread, since a lane keeps what ended threads have counted. */
  private static Lane lane() {
    CallRecorder recorder = new CallRecorder();
    MinuteWindow window = new MinuteWindow(0);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 1; i <= 12; i++) {
      record(recorder, random, 20_000);
      window.keep(i * MinuteWindow.KEEP_NANOS, recorder.snapshot());
    }
    return new Lane(recorder, window);
  }

  @Test
  void lane_withItsLastMinute_holdsAtMost64KiB() {
    double bytes = bytesOfEach(100, RecorderMemoryTest::lane);
    System.out.printf("A lane: %.1f KiB%n", bytes / 1024);
    assertTrue(bytes <= 64 << 10, () -> bytes + " bytes");
  }

  @Test
  void recordingThread_holdsAtMost16KiB() {
    int threads = 40; // fewer than slots, so that most own theirs
    double lanes =
        bytesOfEach(
            8,
            () -> {
              CallRecorder recorder = new CallRecorder();
              List<Thread> recording = new ArrayList<>();
              for (int i = 0; i < threads; i++) {
                recording.add(new Thread(() -> record(recorder, new SplittableRandom(2), 20_000)));
              }
              recording.forEach(Thread::start);
              recording.forEach(Await::end);
              return recorder;
            });
    double bytes = lanes / threads;
    System.out.printf("A recording thread: %.1f KiB%n", bytes / 1024);
    assertTrue(bytes <= 16 << 10, () -> bytes + " bytes");
    assertTrue(bytes >= 10 << 10, () -> bytes + " bytes: the threads did not record apart");
  }
}

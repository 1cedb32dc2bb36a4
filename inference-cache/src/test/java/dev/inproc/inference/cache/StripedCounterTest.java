package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Nothing is lost, whoever owns the slots. */
class StripedCounterTest {
  @Test
  void moreThreadsThanSlots_comingAndGoing_everyHitCounts() {
    StripedCounter tally = new StripedCounter();
    int hits = 20_000;
    int threads = 0;
    for (int wave = 0; wave < 4; wave++) {
      List<Thread> some = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        some.add(
            new Thread(
                () -> {
                  for (int hit = 0; hit < hits; hit++) {
                    tally.hit(3);
                  }
                }));
      }
      some.forEach(Thread::start);
      some.forEach(Await::end);
      threads += some.size();
      assertEquals((long) threads * hits, tally.hits());
      assertEquals(3L * threads * hits, tally.savedNanos());
    }
  }
}

package dev.inproc.inference.cache.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Look-ups beside insertions and removals. An entry's vector and scope are functions of it. */
class ConcurrentIndexTest {
  private static final int LOOK_UPS = Integer.getInteger("inproc.stress.calls", 60_000) / 10;
  private static final int DIMENSION = 24;
  private static final int SCOPES = 3;
  private static final int WRITERS = 3;
  private static final int READERS = 2;
  private static final int STAYING = 300;
  private static final int IDS = 1 << 16;

  private final long seed = System.nanoTime();
  private final NearestIndex<Integer> index = new NearestIndex<>(DIMENSION, seed);
  private final AtomicReference<@Nullable Throwable> wrong = new AtomicReference<>();
  private final AtomicLong clock = new AtomicLong(1);
  private final AtomicLongArray removedAt = new AtomicLongArray(IDS);
  private final AtomicLong lookedUp = new AtomicLong();
  private volatile boolean over;

  private float[] vector(int id) {
    return VectorSets.NEAR_DUPLICATES.vector(seed, id, DIMENSION);
  }

  private static @Nullable String scope(int id) {
    return id % SCOPES == 0 ? null : "scope " + id % SCOPES;
  }

  private Thread start(Runnable work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (Throwable t) {
                wrong.compareAndSet(null, t);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /**
   * Entries that stay are found whatever moves; entries that go are not found afterwards; each has
   * its own cosine and scope.
   *
   * @param held how many entries a writer holds: with more, scopes have many blocks
   */
  @ParameterizedTest
  @ValueSource(ints = {30, 2_000})
  void lookUps_besideWriters_findWhatIsThereAndOnlyThat(int held) {
    System.out.println("ConcurrentIndexTest seed " + seed);
    for (int id = 0; id < STAYING; id++) {
      index.insert(scope(id), index.query(vector(id)), id);
    }
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < WRITERS; t++) {
      int first = STAYING + t;
      SplittableRandom random = new SplittableRandom(seed + t);
      threads.add(start(() -> write(first, held, random)));
    }
    for (int t = 0; t < READERS; t++) {
      SplittableRandom random = new SplittableRandom(seed - 1 - t);
      threads.add(start(() -> read(random)));
    }
    try {
      Await.until("the look-ups", () -> lookedUp.get() > LOOK_UPS || wrong.get() != null);
    } finally {
      over = true;
    }
    threads.forEach(Await::end);
    assertNull(wrong.get(), () -> "seed " + seed + ": " + wrong.get());
    assertEquals(STAYING, index.size());
    for (int id = 0; id < STAYING; id++) {
      assertEquals(id, index.nearest(scope(id), index.query(vector(id)), 1).get(0).entry());
    }
  }

  private record Held(Stored<Integer> stored, int id) {}

  private void write(int first, int most, SplittableRandom random) {
    ArrayDeque<Held> held = new ArrayDeque<>();
    for (int id = first; id < IDS - WRITERS && !over; id += WRITERS) {
      Query query = index.query(vector(id));
      held.add(new Held(index.insert(scope(id), query, id), id));
      assertTrue(finds(query, id), "own entry " + id);
      boolean ebb = random.nextInt(2_000) == 0; // blocks come and go
      while (held.size() > (ebb ? most / 10 : most)) {
        remove(random.nextBoolean() ? held.remove() : held.removeLast());
      }
    }
    while (!over && wrong.get() == null) {
      Thread.onSpinWait();
    }
    held.forEach(this::remove);
  }

  private void remove(Held held) {
    assertTrue(index.remove(held.stored));
    removedAt.set(held.id, clock.incrementAndGet());
  }

  private boolean finds(Query query, int id) {
    return index.nearest(scope(id), query, 2).stream().anyMatch(found -> found.entry() == id);
  }

  private void read(SplittableRandom random) {
    while (!over && wrong.get() == null) {
      int id = random.nextInt(STAYING);
      Query query = index.query(vector(id));
      long start = clock.get();
      List<Neighbour<Integer>> found = index.nearest(scope(id), query, 5);
      lookedUp.incrementAndGet();
      assertEquals(id, found.get(0).entry(), "the nearest");
      Set<Integer> ids = new HashSet<>();
      for (Neighbour<Integer> neighbour : found) {
        int entry = neighbour.entry();
        assertTrue(ids.add(entry), () -> "twice: " + found);
        assertEquals(id % SCOPES, entry % SCOPES, "scope");
        assertEquals(
            Vectors.cosine(query.unit, index.query(vector(entry)).unit),
            neighbour.cosine(),
            "the cosine of its vector");
        long removed = removedAt.get(entry);
        assertTrue(removed == 0 || removed > start, () -> "removed before: " + entry);
      }
    }
  }

  /** A scope whose last entry goes while another comes must not take the other with it. */
  @Test
  void insertion_whileItsScopeVanishes_isNotLost() {
    int rounds = 20_000;
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int id = t;
      threads.add(
          start(
              () -> {
                Query query = index.query(vector(id));
                for (int i = 0; i < rounds && wrong.get() == null; i++) {
                  Stored<Integer> stored = index.insert("one", query, id);
                  assertTrue(
                      index.nearest("one", query, 9).stream().anyMatch(n -> n.entry() == id),
                      "lost");
                  assertTrue(index.remove(stored));
                }
              }));
    }
    threads.forEach(Await::end);
    assertNull(wrong.get(), () -> "" + wrong.get());
    assertEquals(0, index.size());
    assertEquals(0, index.scopes());
    assertEquals(new NearestIndex<>(DIMENSION, seed).bytes(), index.bytes());
  }

  @Test
  void removal_byManyThreads_succeedsOnce() {
    int entries = 3_000;
    List<Stored<Integer>> stored = new ArrayList<>();
    for (int id = 0; id < entries; id++) {
      stored.add(index.insert(null, index.query(vector(id)), id));
    }
    AtomicLong removed = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      threads.add(
          start(
              () -> {
                for (Stored<Integer> each : stored) {
                  removed.addAndGet(index.remove(each) ? 1 : 0);
                }
              }));
    }
    threads.forEach(Await::end);
    assertNull(wrong.get());
    assertEquals(entries, removed.get());
    assertEquals(0, index.size());
    assertEquals(0, index.scopes());
  }
}

package dev.inproc.inference.cache.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** What happens between the steps of a look-up. Each test is one order of steps. */
class InterleavingsTest {
  private static final int DIMENSION = 16;
  private static final int ENTRIES = 2 * Block.FULL;
  private static final int LAST = ENTRIES - 1;

  private final NearestIndex<Integer> index = new NearestIndex<>(DIMENSION, 1);
  private final Partition<Integer> partition =
      new Partition<>(index, "scope", new LongAdder(), (which, removal) -> {});
  private final List<Stored<Integer>> stored = new ArrayList<>();

  private Query query(int id) {
    return index.query(VectorSets.gaussian(1, id, DIMENSION));
  }

  private void fill(int entries) {
    for (int id = 0; id < entries; id++) {
      stored.add(insert(id));
    }
  }

  private Stored<Integer> insert(int id) {
    Stored<Integer> inserted = partition.insert(query(id), id);
    assertNotNull(inserted);
    return inserted;
  }

  private static List<Integer> entries(List<Neighbour<Integer>> found) {
    return found.stream().map(Neighbour::entry).toList();
  }

  @Test
  void entry_movedBehindTheReader_isFound() {
    fill(ENTRIES);
    Partition<Integer>.Reading reading = partition.new Reading(query(LAST), 1);
    assertTrue(reading.readBlock());
    partition.remove(stored.get(0)); // the last takes its place, in the block read
    assertTrue(reading.readBlock());
    assertFalse(reading.readBlock());
    assertEquals(List.of(LAST), entries(reading.finish()));
  }

  @Test
  void entry_movedBehindTheReaderAndItsPlaceTaken_isFound() {
    fill(ENTRIES);
    Partition<Integer>.Reading reading = partition.new Reading(query(LAST), 1);
    assertTrue(reading.readBlock());
    partition.remove(stored.get(0));
    insert(ENTRIES);
    assertTrue(reading.readBlock());
    assertEquals(List.of(LAST), entries(reading.finish()));
  }

  @Test
  void entry_movedTwice_isFound() {
    fill(ENTRIES);
    Partition<Integer>.Reading reading = partition.new Reading(query(LAST), 1);
    assertTrue(reading.readBlock());
    partition.remove(stored.get(0));
    for (int i = ENTRIES - 2; i > 5; i--) {
      partition.remove(stored.get(i)); // the second block goes, and the first shrinks
    }
    partition.remove(stored.get(2));
    while (reading.readBlock()) {}
    assertEquals(List.of(LAST), entries(reading.finish()));
    assertEquals(LAST, entries(partition.nearest(query(LAST), 1)).get(0));
  }

  @Test
  void entry_movedAfterItWasRead_isFoundOnce() {
    fill(ENTRIES);
    Partition<Integer>.Reading reading = partition.new Reading(query(LAST), 5);
    while (reading.readBlock()) {}
    partition.remove(stored.get(0));
    List<Integer> found = entries(reading.finish());
    assertEquals(LAST, found.get(0));
    assertEquals(5, found.stream().distinct().count());
  }

  @Test
  void entry_removedAfterItWasRead_isNotFound() {
    fill(ENTRIES);
    Partition<Integer>.Reading reading = partition.new Reading(query(7), 1);
    while (reading.readBlock()) {}
    partition.remove(stored.get(7));
    assertNotEquals(List.of(7), entries(reading.finish()));
    assertNull(stored.get(7).entry); // and no longer held, by whoever keeps what was stored
  }

  @Test
  void place_takenByAnother_givesTheOtherItsOwnCosine() {
    fill(ENTRIES);
    Query query = query(LAST);
    Partition<Integer>.Reading reading = partition.new Reading(query, 1);
    assertTrue(reading.readBlock());
    partition.remove(stored.get(LAST));
    Stored<Integer> other = insert(ENTRIES);
    assertTrue(reading.readBlock());
    Neighbour<Integer> found = reading.finish().get(0);
    assertNotEquals(LAST, found.entry());
    Stored<Integer> itself = found.entry() == ENTRIES ? other : stored.get(found.entry());
    assertEquals(Vectors.cosine(query.unit, itself.unit), found.cosine());
  }

  @Test
  void partition_thatHasVanished_takesNoMore() {
    fill(2);
    assertEquals(Partition.Removal.REMOVED, partition.remove(stored.get(0)));
    assertEquals(Partition.Removal.VANISHED, partition.remove(stored.get(1)));
    assertNull(partition.insert(query(1), 1));
    assertEquals(List.of(), partition.nearest(query(1), 1));
  }

  @Test
  void reading_ofAPartitionThatVanishes_findsNothing() {
    fill(100);
    Partition<Integer>.Reading reading = partition.new Reading(query(1), 3);
    stored.forEach(partition::remove);
    while (reading.readBlock()) {}
    assertEquals(List.of(), reading.finish());
  }
}

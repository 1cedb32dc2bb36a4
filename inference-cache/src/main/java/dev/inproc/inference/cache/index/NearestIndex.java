package dev.inproc.inference.cache.index;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Finds the vectors nearest to one by cosine, exactly compared, among all that are in it.
 * Thread-safe; look-ups never wait, and writers of one scope wait for each other for less than a
 * microsecond.
 *
 * <p><b>Scopes.</b> An entry belongs to one scope. A look-up sees its own scope alone, and takes
 * time only for the entries there. A scope without entries takes no memory.
 *
 * <p><b>What is found.</b> A look-up counts the differing bits of 384-bit sketches, of all entries
 * of the scope, and compares the vectors of the nearest ones by bits. It returns live entries with
 * the true cosines of their FP32 vectors. The nearest neighbour is among them with a probability of
 * at least 99.9 % if its cosine is 0.8 or more. Below, more and more are missed: at most 64 far
 * entries are compared. Neighbours nearer than 1 - 1e-6 count as equally near. Up to 64 entries,
 * and with k up to 32, all are compared. More than 4,096 plus a sixteenth of the entries are never
 * compared: of larger crowds, in which each is about as near as the next, one that is not quite the
 * nearest may be returned.
 *
 * <p><b>Churn.</b> Insertion and removal take constant time and leave no gaps. What a look-up finds
 * does not depend on what was inserted and removed before. An entry whose removal has returned
 * before a look-up begins is not found. An entry whose insertion has returned before and whose
 * removal begins afterwards is found, however others come and go meanwhile.
 *
 * <p><b>Memory.</b> An entry takes 4 bytes a dimension, rounded up to 8, and 100 bytes: its sketch
 * 48, two references and the headers of two objects. An entry of 384 dimensions takes 1,636 bytes.
 * Places not in use take 52 bytes: at most 1,535 in a scope, and less than nine tenths of the
 * places of a scope with fewer than 1,024. A scope takes 250 bytes more.
 *
 * @param <E> an entry
 */
public final class NearestIndex<E> {
  /** The most values of a vector. */
  public static final int MAX_DIMENSION = 65_536;

  private static final Object NO_SCOPE = new Object();
  private static final long OBJECT_BYTES = 32; // of a Stored
  private static final long PARTITION_BYTES = 250; // with its lock and its place in the map

  private final int dimension;
  private final Rotation rotation;
  private final ConcurrentHashMap<Object, Partition<E>> partitions = new ConcurrentHashMap<>();
  private final LongAdder size = new LongAdder();
  private final LongAdder blockBytes = new LongAdder();

  /**
   * Makes an empty index.
   *
   * @param dimension the length of all vectors, 1 to 65,536
   * @param seed draws the sketches' hyperplanes
   */
  public NearestIndex(int dimension, long seed) {
    if (dimension < 1 || dimension > MAX_DIMENSION) {
      throw new IllegalArgumentException(
          "expected a dimension of 1 to " + MAX_DIMENSION + ", got " + dimension);
    }
    this.dimension = dimension;
    rotation = new Rotation(dimension, seed);
  }

  /**
   * Returns a vector prepared for look-up and insertion. Its length does not matter, only its
   * direction.
   *
   * @throws IllegalArgumentException if the vector has another number of values, a value that is
   *     NaN or infinite, or only zeros
   */
  public Query query(float[] vector) {
    return new Query(Vectors.normalized(vector, dimension), rotation);
  }

  /**
   * Returns up to k entries of a scope nearest to a query, the nearest first.
   *
   * @param scope null for the entries without scope
   * @param k 1 or more; meant for a few
   */
  public List<Neighbour<E>> nearest(@Nullable String scope, Query query, int k) {
    check(query);
    if (k < 1) {
      throw new IllegalArgumentException("expected a k of 1 or more, got " + k);
    }
    Partition<E> partition = partitions.get(key(scope));
    return partition == null ? List.of() : partition.nearest(query, k);
  }

  /**
   * Adds an entry, beside any that have the same vector.
   *
   * @param scope null for none
   * @return what {@link #remove} takes
   */
  public Stored<E> insert(@Nullable String scope, Query query, E entry) {
    check(query);
    Objects.requireNonNull(entry, "entry");
    Object key = key(scope);
    while (true) {
      Partition<E> partition = partitions.get(key);
      if (partition == null) {
        partition =
            partitions.computeIfAbsent(
                key, k -> new Partition<>(this, k, blockBytes, this::removed));
      }
      Stored<E> stored = partition.insert(query, entry);
      if (stored != null) {
        size.increment();
        return stored;
      }
      partitions.remove(key, partition);
    }
  }

  /**
   * Removes an entry; does nothing if it has been removed before.
   *
   * @return whether this call removed it
   */
  public boolean remove(Stored<E> stored) {
    if (stored.home.index() != this) {
      throw new IllegalArgumentException("expected an entry of this index, got another's");
    }
    return stored.home.removes(stored);
  }

  /** An entry was removed from a partition, perhaps its last. */
  private void removed(Partition<E> partition, Partition.Removal removal) {
    size.decrement();
    if (removal == Partition.Removal.VANISHED) {
      partitions.remove(partition.key, partition);
    }
  }

  /** Returns the number of entries. */
  public long size() {
    return size.sum();
  }

  /** Returns the bytes that the index takes on the heap, without the entries themselves. */
  public long bytes() {
    long entryBytes = OBJECT_BYTES + Memory.array(Float.BYTES, dimension);
    return rotation.bytes()
        + size.sum() * entryBytes
        + blockBytes.sum()
        + partitions.mappingCount() * PARTITION_BYTES;
  }

  /** Returns the number of scopes that have entries. */
  long scopes() {
    return partitions.mappingCount();
  }

  private static Object key(@Nullable String scope) {
    return scope == null ? NO_SCOPE : scope;
  }

  private void check(Query query) {
    if (query.rotation != rotation) {
      throw new IllegalArgumentException("expected a query made by this index, got another's");
    }
  }
}

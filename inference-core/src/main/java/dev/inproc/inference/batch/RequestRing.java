package dev.inproc.inference.batch;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests in the order they came, in a ring that grows. Before it grows it drops withdrawn
 * requests, so they never hold more memory than twice what the live ones need.
 */
final class RequestRing<R extends QueuedRequest> {
  private @Nullable QueuedRequest[] ring = new QueuedRequest[16];
  private int head;
  private int size;
  private long bytes;

  int size() {
    return size;
  }

  /** The bytes of all requests, withdrawn ones included. */
  long bytes() {
    return bytes;
  }

  void add(R request) {
    if (size == ring.length) {
      purge();
      if (size > ring.length / 2) {
        grow();
      }
    }
    ring[(head + size++) & (ring.length - 1)] = request;
    bytes += request.bytes();
  }

  /** Returns the oldest request that is not withdrawn, or null; drops the older ones. */
  @Nullable R peek() {
    while (size > 0) {
      R request = at(0);
      if (!request.isGone()) {
        return request;
      }
      poll();
    }
    return null;
  }

  /** Takes the oldest request out, withdrawn or not; there must be one. */
  R poll() {
    R request = at(0);
    ring[head] = null;
    head = (head + 1) & (ring.length - 1);
    size--;
    bytes -= request.bytes();
    return request;
  }

  /** Moves up to this many of the oldest live requests into a list; returns how many. */
  int take(int most, List<? super R> batch) {
    int taken = 0;
    while (taken < most && size > 0) {
      R request = poll();
      if (!request.isGone()) {
        batch.add(request);
        taken++;
      }
    }
    return taken;
  }

  /** Takes out the newest live request that may be evicted; null if there is none. */
  @Nullable R pollEvictable() {
    for (int i = size - 1; i >= 0; i--) {
      R request = at(i);
      if (!request.isGone() && request.isEvictable()) {
        int mask = ring.length - 1;
        for (int later = i; later < size - 1; later++) {
          ring[(head + later) & mask] = ring[(head + later + 1) & mask];
        }
        ring[(head + --size) & mask] = null;
        bytes -= request.bytes();
        return request;
      }
    }
    return null;
  }

  void purge() {
    int kept = 0;
    int mask = ring.length - 1;
    long keptBytes = 0;
    for (int i = 0; i < size; i++) {
      R request = at(i);
      if (!request.isGone()) {
        ring[(head + kept++) & mask] = request;
        keptBytes += request.bytes();
      }
    }
    for (int i = kept; i < size; i++) {
      ring[(head + i) & mask] = null;
    }
    size = kept;
    bytes = keptBytes;
  }

  private void grow() {
    @Nullable QueuedRequest[] larger = Arrays.copyOfRange(ring, head, head + 2 * ring.length);
    System.arraycopy(ring, 0, larger, ring.length - head, head);
    ring = larger;
    head = 0;
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // within size there are requests of add's alone
  private R at(int index) {
    return (R) ring[(head + index) & (ring.length - 1)];
  }
}

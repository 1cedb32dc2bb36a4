package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.rollout.VoteRecord;
import dev.inproc.inference.internal.rollout.VoteRecord.Counts;
import dev.inproc.inference.internal.rollout.VoteSink;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What an analysis tells until it is on disk, by steps. Thread-safe. */
final class VoteBuffer implements VoteSink {
  private static final int MOST_BYTES = 4 << 20;

  // Guarded by this.
  private Map<Integer, ByteArrayOutputStream> steps = new TreeMap<>();
  private int bytes;
  private boolean hasOverflown;
  private @Nullable Counts last;

  @Override
  public void accept(VoteRecord record) {
    synchronized (this) {
      if (record instanceof Counts counts) {
        if (isKnown(counts)) {
          return;
        }
        last = counts;
      }
      if (bytes > MOST_BYTES) { // nothing can be written
        hasOverflown = true;
        return;
      }
      byte[] written = VoteJournal.write(record);
      bytes += written.length;
      steps
          .computeIfAbsent(record.phase(), phase -> new ByteArrayOutputStream())
          .writeBytes(written);
    }
  }

  /** No calls came since then: hours without any add nothing to the journal. */
  private boolean isKnown(Counts counts) {
    Counts known = last;
    if (counts.canaryCalls() + counts.controlCalls() == 0) {
      return true;
    }
    return known != null
        && known.phase() == counts.phase()
        && known.canaryCalls() == counts.canaryCalls()
        && known.canaryErrors() == counts.canaryErrors()
        && known.controlCalls() == counts.controlCalls()
        && known.controlErrors() == counts.controlErrors();
  }

  /** Returns what came since the last time, and keeps none of it. */
  synchronized Map<Integer, ByteArrayOutputStream> drain() {
    Map<Integer, ByteArrayOutputStream> drained = steps;
    steps = new TreeMap<>();
    bytes = 0;
    return drained;
  }

  /** Returns whether something was lost since the last time. */
  synchronized boolean hasLost() {
    boolean has = hasOverflown;
    hasOverflown = false;
    return has;
  }
}

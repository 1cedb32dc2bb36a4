package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.rollout.TriggerKind;
import dev.inproc.inference.internal.rollout.VoteRecord;
import dev.inproc.inference.internal.rollout.VoteRecord.Counts;
import dev.inproc.inference.internal.rollout.VoteRecord.Thresholds;
import dev.inproc.inference.internal.rollout.VoteRecord.Vote;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The records of one step in bytes: each with its length and a checksum, so that a torn end is
 * found. What comes after a bad record is not read.
 */
final class VoteJournal {
  /** A larger journal is given up. */
  static final int MOST_BYTES = 64 << 20;

  private static final int HEAD = 2 * Integer.BYTES;
  private static final int MOST_VALUES = 64;
  private static final int LONGEST = 32 + MOST_VALUES * Double.BYTES;
  private static final byte VOTE = 1;
  private static final byte THRESHOLDS = 2;
  private static final byte COUNTS = 3;

  /** By their numbers in the file. */
  private static final List<TriggerKind> KINDS =
      List.of(
          TriggerKind.ERRORS,
          TriggerKind.LATENCY,
          TriggerKind.PREDICTIONS,
          TriggerKind.ANSWERS,
          TriggerKind.LABELS);

  private VoteJournal() {}

  /**
   * What a journal has.
   *
   * @param size bytes up to the first bad record
   */
  record Content(List<VoteRecord> records, int size) {}

  static byte[] write(VoteRecord record) {
    ByteBuffer out = ByteBuffer.allocate(HEAD + LONGEST).position(HEAD);
    if (record instanceof Vote vote) {
      out.put(VOTE).putLong(vote.sincePhaseNanos()).put((byte) KINDS.indexOf(vote.kind()));
      out.putShort((short) vote.test()).put((byte) vote.mark());
      out.put((byte) (vote.isCanary() ? 1 : 0)).put((byte) (vote.isKeyed() ? 1 : 0));
      out.putLong(vote.keyHash());
    } else if (record instanceof Thresholds thresholds) {
      out.put(THRESHOLDS).putLong(thresholds.sincePhaseNanos());
      out.put((byte) KINDS.indexOf(thresholds.kind())).put((byte) thresholds.values().length);
      for (double each : thresholds.values()) {
        out.putDouble(each);
      }
    } else if (record instanceof Counts counts) {
      out.put(COUNTS).putLong(counts.sincePhaseNanos());
      out.putLong(counts.canaryCalls()).putLong(counts.canaryErrors());
      out.putLong(counts.controlCalls()).putLong(counts.controlErrors());
    }
    int length = out.position() - HEAD;
    out.putInt(0, length).putInt(Integer.BYTES, checksum(out.array(), HEAD, length));
    byte[] bytes = new byte[HEAD + length];
    out.get(0, bytes);
    return bytes;
  }

  private static int checksum(byte[] bytes, int from, int length) {
    CRC32 sum = new CRC32();
    sum.update(bytes, from, length);
    return (int) sum.getValue();
  }

  /**
   * Reads a journal.
   *
   * @param latestNanos no record is later in its phase
   */
  static Content read(byte[] bytes, int phase, long latestNanos) {
    List<VoteRecord> records = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int size = 0;
    while (in.remaining() >= HEAD) {
      int length = in.getInt();
      int sum = in.getInt();
      if (length < 1 || length > Math.min(LONGEST, in.remaining())) {
        break;
      }
      if (checksum(bytes, in.position(), length) != sum) {
        break;
      }
      VoteRecord record = record(in.slice(in.position(), length), phase);
      if (record == null
          || record.sincePhaseNanos() < 0
          || record.sincePhaseNanos() > latestNanos) {
        break;
      }
      records.add(record);
      in.position(in.position() + length);
      size = in.position();
    }
    return new Content(records, size);
  }

  private static @Nullable VoteRecord record(ByteBuffer in, int phase) {
    try {
      byte type = in.get();
      long since = in.getLong();
      VoteRecord record =
          switch (type) {
            case VOTE ->
                new Vote(
                    phase,
                    since,
                    KINDS.get(in.get()),
                    in.getShort(),
                    in.get(),
                    in.get() == 1,
                    in.get() == 1,
                    in.getLong());
            case THRESHOLDS -> {
              TriggerKind kind = KINDS.get(in.get());
              double[] values = new double[in.get()];
              for (int i = 0; i < values.length; i++) {
                values[i] = in.getDouble();
              }
              yield new Thresholds(phase, since, kind, values);
            }
            case COUNTS ->
                new Counts(phase, since, in.getLong(), in.getLong(), in.getLong(), in.getLong());
            default -> null;
          };
      return in.hasRemaining() ? null : record;
    } catch (BufferUnderflowException | IndexOutOfBoundsException | NegativeArraySizeException e) {
      return null;
    }
  }
}

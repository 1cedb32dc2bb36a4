package dev.inproc.inference.onnx.format;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The fields of one protobuf message, in order, read as they are asked for. Never reads beyond the
 * message, never recurses and keeps nothing, so hostile bytes cost at most a {@link
 * ProtoException}. Stricter than protobuf: groups and numbers longer than they may be are refused,
 * since what two readers take differently is what an attack lives on.
 */
public final class ProtoFields implements Iterator<ProtoField> {
  private static final int MAX_FIELD_NUMBER = 0x1fff_ffff;
  private static final int TAG_OR_LENGTH_BYTES = 5; // they have 32 bits
  private static final int VARINT_BYTES = 10;

  private final ProtoBytes source;
  private final long end;
  private long at;

  public ProtoFields(ProtoBytes source, long start, long end) {
    this.source = source;
    this.at = start;
    this.end = end;
  }

  public static Iterable<ProtoField> of(ProtoBytes message) {
    return () -> new ProtoFields(message, 0, message.size());
  }

  @Override
  public boolean hasNext() {
    return at < end;
  }

  @Override
  public ProtoField next() {
    if (at >= end) {
      throw new NoSuchElementException();
    }
    long start = at;
    long tag = varint(TAG_OR_LENGTH_BYTES);
    int wireType = (int) (tag & 7);
    long number = tag >>> 3;
    if (number == 0 || number > MAX_FIELD_NUMBER) {
      throw notProtobuf("field number " + number + " at byte " + start);
    }
    long length = wireType == 2 ? varint(TAG_OR_LENGTH_BYTES) : 0;
    long payload = at;
    switch (wireType) {
      case 0 -> varint();
      case 1 -> skip(8);
      case 2 -> skip(length);
      case 5 -> skip(4);
      default -> throw notProtobuf("wire type " + wireType + " at byte " + start);
    }
    return new ProtoField(source, (int) number, wireType, start, payload, at);
  }

  /** Reads the integer at the cursor. */
  public long varint() {
    return varint(VARINT_BYTES);
  }

  private long varint(int maxBytes) {
    long value = 0;
    for (int i = 0; i < maxBytes; i++) {
      if (at >= end) {
        throw endsTooEarly();
      }
      byte next = source.at(at++);
      value |= (long) (next & 0x7f) << (7 * i);
      if (next >= 0) {
        return value;
      }
    }
    throw notProtobuf("a number does not end, before byte " + at);
  }

  private void skip(long length) {
    if (length < 0 || length > end - at) {
      throw endsTooEarly();
    }
    at += length;
  }

  private ProtoException endsTooEarly() {
    return notProtobuf("it ends too early, at byte " + end);
  }

  private static ProtoException notProtobuf(String reason) {
    return new ProtoException("not a protobuf message: " + reason);
  }
}

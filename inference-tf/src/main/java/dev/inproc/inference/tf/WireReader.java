package dev.inproc.inference.tf;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Walks the fields of one protobuf message where it lies. It never reads beyond the message, never
 * recurses by itself, and refuses what no writer of SavedModels writes (groups, overlong tags), so
 * that it cannot see a message otherwise than TensorFlow's parser does. Hostile bytes cost at most
 * an {@link IllegalArgumentException}.
 */
final class WireReader {
  static final int VARINT = 0;
  static final int BYTES = 2;

  private static final int FIXED64 = 1;
  private static final int FIXED32 = 5;
  private static final int MAX_TAG_BYTES = 5;

  private final byte[] bytes;
  private final int end;
  private int at;
  private int field;
  private int wireType;
  private int payload;
  private long number;

  WireReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private WireReader(byte[] bytes, int start, int end) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Moves to the next field; false at the end. */
  boolean next() {
    if (at == end) {
      return false;
    }
    int start = at;
    long tag = varint();
    if (at - start > MAX_TAG_BYTES || tag >>> 32 != 0 || tag >>> 3 == 0) {
      throw new IllegalArgumentException("not a protobuf message: tag " + tag);
    }
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    payload = at;
    switch (wireType) {
      case VARINT -> number = varint();
      case FIXED64 -> skip(8);
      case FIXED32 -> skip(4);
      case BYTES -> {
        long length = varint();
        payload = at;
        skip(length);
      }
      default -> throw new IllegalArgumentException("not a protobuf message: a group");
    }
    return true;
  }

  /** Whether this is the field of this number, length-delimited. */
  boolean isBytes(int wanted) {
    return field == wanted && wireType == BYTES;
  }

  /** Whether this is the field of this number, a varint. */
  boolean isVarint(int wanted) {
    return field == wanted && wireType == VARINT;
  }

  /** The message within this field. */
  WireReader message() {
    return new WireReader(bytes, payload, at);
  }

  long number() {
    return number;
  }

  /** A name, byte by byte, so that two that differ never become equal. */
  String name() {
    return new String(bytes, payload, at - payload, StandardCharsets.ISO_8859_1);
  }

  String text() {
    return new String(bytes, payload, at - payload, StandardCharsets.UTF_8);
  }

  byte[] copy() {
    return Arrays.copyOfRange(bytes, payload, at);
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at >= end) {
        throw new IllegalArgumentException("not a protobuf message: it ends too early");
      }
      byte next = bytes[at++];
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("not a protobuf message: a number does not end");
  }

  private void skip(long length) {
    if (length < 0 || length > end - at) {
      throw new IllegalArgumentException("not a protobuf message: it ends too early");
    }
    at += (int) length;
  }
}

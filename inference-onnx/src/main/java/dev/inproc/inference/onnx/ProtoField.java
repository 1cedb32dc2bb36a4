package dev.inproc.inference.onnx;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One field of a protobuf message, as its bytes on the wire. Reading never goes beyond the message
 * and never recurses, so hostile bytes cost at most an {@link IllegalArgumentException}.
 *
 * @param number the field's number
 * @param wireType 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes
 * @param message the whole message
 * @param start where the field begins, tag included
 * @param payload where its value begins, after any length
 * @param end where it ends
 */
record ProtoField(int number, int wireType, byte[] message, int start, int payload, int end) {

  /** Splits a message into its fields, in order. */
  static List<ProtoField> of(byte[] message) {
    List<ProtoField> fields = new ArrayList<>();
    Cursor cursor = new Cursor(message, 0, message.length);
    while (cursor.at < message.length) {
      int start = cursor.at;
      long tag = cursor.varint();
      int wireType = (int) (tag & 7);
      long number = tag >>> 3;
      if (number == 0 || number > 0x1fff_ffff) {
        throw new IllegalArgumentException("Not a protobuf message: field number " + number);
      }
      if (wireType == 2) {
        long length = cursor.varint();
        int payload = cursor.at;
        cursor.skip(length);
        fields.add(new ProtoField((int) number, 2, message, start, payload, cursor.at));
      } else {
        int payload = cursor.at;
        switch (wireType) {
          case 0 -> cursor.varint();
          case 1 -> cursor.skip(8);
          case 5 -> cursor.skip(4);
          default -> throw new IllegalArgumentException("Not a protobuf message: " + wireType);
        }
        fields.add(new ProtoField((int) number, wireType, message, start, payload, cursor.at));
      }
    }
    return fields;
  }

  byte[] bytes() {
    if (wireType != 2) {
      throw new IllegalArgumentException("Field " + number + " is not a message or string");
    }
    return Arrays.copyOfRange(message, payload, end);
  }

  String string() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /** The integers of a repeated field, packed or a single one. */
  List<Long> varints() {
    List<Long> values = new ArrayList<>();
    Cursor cursor = new Cursor(message, payload, end);
    while (cursor.at < end) {
      values.add(cursor.varint());
    }
    return values;
  }

  private static final class Cursor {
    private final byte[] bytes;
    private final int end;
    private int at;

    Cursor(byte[] bytes, int at, int end) {
      this.bytes = bytes;
      this.at = at;
      this.end = end;
    }

    long varint() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        if (at >= end) {
          throw new IllegalArgumentException("Not a protobuf message: it ends too early");
        }
        byte next = bytes[at++];
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw new IllegalArgumentException("Not a protobuf message: a number does not end");
    }

    void skip(long length) {
      if (length < 0 || length > end - at) {
        throw new IllegalArgumentException("Not a protobuf message: it ends too early");
      }
      at += (int) length;
    }
  }
}

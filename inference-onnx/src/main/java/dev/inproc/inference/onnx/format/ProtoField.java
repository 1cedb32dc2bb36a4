package dev.inproc.inference.onnx.format;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * One field of a protobuf message, as its bytes on the wire.
 *
 * @param source the bytes that it lies in
 * @param number the field's number
 * @param wireType 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes
 * @param start where the field begins, tag included
 * @param payload where its value begins, after any length
 * @param end where it ends
 */
public record ProtoField(
    ProtoBytes source, int number, int wireType, long start, long payload, long end) {
  private static final int MAX_TEXT_BYTES = 1 << 20;
  private static final int MAX_FIELD_NUMBER = 0x1fff_ffff; // 29 bits, as protobuf has it
  private static final int TAG_OR_LENGTH_BYTES = 5; // 32 bits, 7 in a byte

  /** Returns the fields of the message that lies between two positions; see {@link ProtoFields}. */
  static Iterable<ProtoField> in(ProtoBytes source, long start, long end) {
    return () -> new FieldReader(source, start, end);
  }

  /** Returns the fields of the message that this field holds. */
  public Iterable<ProtoField> fields() {
    requireLengthDelimited();
    return in(source, payload, end);
  }

  public long length() {
    return end - payload;
  }

  /** Returns the text of this field; what is not UTF-8 or is beyond 1 MiB is refused. */
  public String string() {
    requireLengthDelimited();
    if (length() > MAX_TEXT_BYTES) {
      throw new ProtoException("a text of " + length() + " bytes where a name belongs");
    }
    byte[] bytes = new byte[(int) length()];
    source.copy(payload, bytes, 0, bytes.length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new ProtoException("a text is not UTF-8");
    }
  }

  /** Says whether this field holds just this text, without copying one that cannot. */
  public boolean holds(byte[] text) {
    if (wireType != 2 || length() != text.length) {
      return false;
    }
    byte[] bytes = new byte[text.length];
    source.copy(payload, bytes, 0, bytes.length);
    return Arrays.equals(bytes, text);
  }

  /** The integer of this field. */
  public long varint() {
    if (wireType != 0) {
      throw new ProtoException("field " + number + " is not an integer");
    }
    return new ProtoCursor(source, payload, end).varint();
  }

  /** The integers of a repeated field, packed or a single one. */
  public List<Long> varints() {
    if (wireType != 0 && wireType != 2) {
      throw new ProtoException("field " + number + " is not integers");
    }
    List<Long> values = new ArrayList<>();
    ProtoCursor cursor = new ProtoCursor(source, payload, end);
    while (!cursor.isAtEnd()) {
      values.add(cursor.varint());
    }
    return values;
  }

  private void requireLengthDelimited() {
    if (wireType != 2) {
      throw new ProtoException("field " + number + " is not a message or text");
    }
  }

  private static final class FieldReader implements Iterator<ProtoField> {
    private final ProtoBytes source;
    private final ProtoCursor cursor;

    FieldReader(ProtoBytes source, long start, long end) {
      this.source = source;
      cursor = new ProtoCursor(source, start, end);
    }

    @Override
    public boolean hasNext() {
      return !cursor.isAtEnd();
    }

    @Override
    public ProtoField next() {
      if (cursor.isAtEnd()) {
        throw new NoSuchElementException();
      }
      long start = cursor.position();
      long tag = cursor.varint(TAG_OR_LENGTH_BYTES);
      int wireType = (int) (tag & 7);
      long number = tag >>> 3;
      if (number == 0 || number > MAX_FIELD_NUMBER) {
        throw ProtoCursor.notProtobuf("field number " + number + " at byte " + start);
      }
      long length = wireType == 2 ? cursor.varint(TAG_OR_LENGTH_BYTES) : 0;
      long payload = cursor.position();
      switch (wireType) {
        case 0 -> cursor.varint();
        case 1 -> cursor.skip(8);
        case 2 -> cursor.skip(length);
        case 5 -> cursor.skip(4);
        default -> throw ProtoCursor.notProtobuf("wire type " + wireType + " at byte " + start);
      }
      return new ProtoField(source, (int) number, wireType, start, payload, cursor.position());
    }
  }
}

package dev.inproc.inference.onnx.format;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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

  /** Returns the fields of the message that this field holds. */
  public Iterable<ProtoField> fields() {
    requireLengthDelimited();
    return () -> new ProtoFields(source, payload, end);
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
    return new ProtoFields(source, payload, end).varint();
  }

  /** The integers of a repeated field, packed or a single one. */
  public List<Long> varints() {
    if (wireType != 0 && wireType != 2) {
      throw new ProtoException("field " + number + " is not integers");
    }
    List<Long> values = new ArrayList<>();
    ProtoFields cursor = new ProtoFields(source, payload, end);
    while (cursor.hasNext()) {
      values.add(cursor.varint());
    }
    return values;
  }

  private void requireLengthDelimited() {
    if (wireType != 2) {
      throw new ProtoException("field " + number + " is not a message or text");
    }
  }
}

package dev.inproc.inference.tf;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads a TFRecord file: for each record its length, a checksum of the length, the bytes, a
 * checksum of the bytes, all little-endian. Checksums are CRC-32C, "masked" by a rotation and an
 * addition. What is wrong is an {@link IOException} that says what; no more memory is taken than
 * the limit, whatever a length claims.
 */
final class TfRecordReader {
  private static final int CHECKSUM_BYTES = 4;
  private static final int MASK_DELTA = 0xa282ead8;

  private final DataInputStream in;
  private final int mostBytes;

  TfRecordReader(InputStream in, int mostBytes) {
    this.in = new DataInputStream(in);
    this.mostBytes = mostBytes;
  }

  /** Returns the next record, null at the end of the file. */
  byte @Nullable [] next() throws IOException {
    byte[] header = in.readNBytes(Long.BYTES + CHECKSUM_BYTES);
    if (header.length == 0) {
      return null;
    }
    if (header.length < Long.BYTES + CHECKSUM_BYTES) {
      throw new EOFException("a record's length is cut off");
    }
    ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    long length = fields.getLong();
    if (fields.getInt() != masked(header, Long.BYTES)) {
      throw new IOException("the checksum of a record's length is wrong");
    }
    if (length < 0 || length > mostBytes) {
      throw new IOException("a record of " + length + " bytes; at most " + mostBytes + " are read");
    }
    byte[] data = in.readNBytes((int) length);
    byte[] checksum = in.readNBytes(CHECKSUM_BYTES);
    if (data.length < length || checksum.length < CHECKSUM_BYTES) {
      throw new EOFException("a record is cut off");
    }
    int expected = ByteBuffer.wrap(checksum).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (expected != masked(data, data.length)) {
      throw new IOException("the checksum of a record is wrong");
    }
    return data;
  }

  static int masked(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
  }
}

package dev.inproc.inference.onnx.format;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * The bytes of a file, through a window of 64 KiB. What is skipped over is not read. A failing or
 * shrinking file is an {@link UncheckedIOException}. Not a channel: a channel closes itself when
 * its thread is interrupted.
 */
public final class FileBytes implements ProtoBytes, AutoCloseable {
  private static final int WINDOW = 1 << 16;

  private final RandomAccessFile file;
  private final long size;
  private final byte[] window = new byte[WINDOW];
  private long windowStart;
  private int windowLength;

  public FileBytes(Path path) throws IOException {
    file = new RandomAccessFile(path.toFile(), "r");
    size = file.length();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public byte at(long position) {
    long offset = position - windowStart;
    if (offset < 0 || offset >= windowLength) {
      windowLength = (int) Math.min(WINDOW, size - position);
      windowStart = position;
      read(position, window, 0, windowLength);
      offset = 0;
    }
    return window[(int) offset];
  }

  @Override
  public void copy(long position, byte[] target, int offset, int length) {
    read(position, target, offset, length);
  }

  private void read(long position, byte[] target, int offset, int length) {
    try {
      file.seek(position);
      file.readFully(target, offset, length);
    } catch (IOException e) {
      windowLength = 0;
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.inproc.examples;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;

/**
 * Writes JSON, surrogates that stand alone as escapes: UTF-8 has no bytes for them, so an encoder
 * would put question marks in their place.
 */
final class LoneSurrogateEscaper extends FilterWriter {
  private char high; // waits for its other half; 0 for none

  LoneSurrogateEscaper(Writer out) {
    super(out);
  }

  @Override
  public void write(int c) throws IOException {
    char next = (char) c;
    if (high != 0 && Character.isLowSurrogate(next)) {
      out.write(high);
      out.write(next);
      high = 0;
      return;
    }
    escapeHigh();
    if (Character.isHighSurrogate(next)) {
      high = next;
    } else if (Character.isLowSurrogate(next)) {
      escape(next);
    } else {
      out.write(next);
    }
  }

  private void escapeHigh() throws IOException {
    if (high != 0) {
      escape(high);
      high = 0;
    }
  }

  private void escape(char surrogate) throws IOException {
    out.write("\\u" + Integer.toHexString(surrogate)); // four digits, from d800 on
  }

  @Override
  public void write(char[] buffer, int offset, int length) throws IOException {
    for (int i = 0; i < length; i++) {
      write(buffer[offset + i]);
    }
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    for (int i = 0; i < length; i++) {
      write(text.charAt(offset + i));
    }
  }

  @Override
  public void flush() throws IOException {
    escapeHigh();
    super.flush();
  }
}

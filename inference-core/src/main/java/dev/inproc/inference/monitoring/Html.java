package dev.inproc.inference.monitoring;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Set;

/**
 * Writes HTML that is well-formed XML too, in ASCII. It escapes every text and every attribute's
 * value; names of elements and attributes are the program's own. One thread.
 */
final class Html {
  private static final Set<String> INLINE = Set.of("a", "b", "span", "time");
  private static final int REPLACEMENT = 0xFFFD;

  private final StringBuilder out = new StringBuilder("<!DOCTYPE html>\n");
  private final Deque<String> open = new ArrayDeque<>();

  /** Begins an element, with names and values of attributes in turn. */
  Html open(String tag, String... attributes) {
    start(tag, attributes);
    out.append('>');
    open.push(tag);
    return this;
  }

  /** Writes a void element of HTML, or an element of SVG without content. */
  Html empty(String tag, String... attributes) {
    start(tag, attributes);
    out.append("/>");
    return this;
  }

  /** Writes an element that holds a text. */
  Html element(String tag, String text, String... attributes) {
    return open(tag, attributes).text(text).close();
  }

  Html text(String text) {
    escape(text);
    return this;
  }

  /** Writes the program's own text as it is. */
  Html raw(String text) {
    out.append(text);
    return this;
  }

  /** Ends the element that was opened last, and the line if that shows nowhere. */
  Html close() {
    String tag = open.pop();
    out.append("</").append(tag).append(INLINE.contains(tag) ? ">" : ">\n");
    return this;
  }

  private void start(String tag, String... attributes) {
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(attributes[i + 1]);
      out.append('"');
    }
  }

  private void escape(String text) {
    text.codePoints().map(Html::visible).forEach(this::append);
  }

  private void append(int c) {
    boolean plain = c >= ' ' && c < 0x7F && "&<>\"'".indexOf(c) < 0;
    if (plain || c == '\n' || c == '\t') {
      out.append((char) c);
    } else {
      out.append("&#x").append(Integer.toHexString(c).toUpperCase(Locale.ROOT)).append(';');
    }
  }

  /**
   * Returns the character, or one that stands for it if XML cannot hold it or it would change how
   * its surroundings are shown: a control character, half a surrogate pair, a change of direction.
   */
  private static int visible(int c) {
    if (c < ' ' && c != '\n' && c != '\t') {
      return 0x2400 + c; // the picture of the control character
    }
    boolean control = c >= 0x7F && c < 0xA0;
    boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
    boolean noCharacter = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
    boolean direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    return control || surrogate || noCharacter || direction ? REPLACEMENT : c;
  }

  /** Returns the document. */
  @Override
  public String toString() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("Not closed: " + open);
    }
    return out.toString();
  }
}

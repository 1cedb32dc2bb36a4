package dev.inproc.inference.text;

import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import java.util.Arrays;

/**
 * The special tokens that a tokenizer puts around one text, or around and between two, and the type
 * of each token. Immutable.
 */
final class TokenTemplate {
  private static final String PROBE = "a";

  private final long[] before;
  private final long[] between;
  private final long[] after;

  /** Of {@code before}, the first text, {@code between}, the second text, {@code after}. */
  private final long[] types;

  private TokenTemplate(long[] before, long[] between, long[] after, long[] types) {
    this.before = before;
    this.between = between;
    this.after = after;
    this.types = types;
  }

  /** The template of one text. */
  static TokenTemplate single(NativeTokenizer tokenizer, String name) {
    int length = probeLength(tokenizer, name);
    NativeTokenizer.Encoded probe = tokenizer.encode(PROBE);
    int start = leadingSpecial(probe);
    int end = start + length;
    check(probe.ids().length >= end, name);
    long[] types = probe.typeIds();
    return new TokenTemplate(
        Arrays.copyOf(probe.ids(), start),
        new long[0],
        Arrays.copyOfRange(probe.ids(), end, probe.ids().length),
        new long[] {type(types, 0), type(types, start), 0, 0, type(types, types.length - 1)});
  }

  /** The template of two texts. */
  static TokenTemplate pair(NativeTokenizer tokenizer, String name) {
    int length = probeLength(tokenizer, name);
    NativeTokenizer.Encoded probe = tokenizer.encode(PROBE, PROBE);
    int start = leadingSpecial(probe);
    int middle = start + length;
    int second = middle;
    while (second < probe.ids().length && probe.specialTokensMask()[second] != 0) {
      second++;
    }
    int end = second + length;
    check(probe.ids().length >= end, name);
    long[] types = probe.typeIds();
    return new TokenTemplate(
        Arrays.copyOf(probe.ids(), start),
        Arrays.copyOfRange(probe.ids(), middle, second),
        Arrays.copyOfRange(probe.ids(), end, probe.ids().length),
        new long[] {
          type(types, 0),
          type(types, start),
          type(types, middle),
          type(types, second),
          type(types, types.length - 1)
        });
  }

  private static int probeLength(NativeTokenizer tokenizer, String name) {
    try {
      int length = tokenizer.ids(PROBE).length;
      check(length > 0, name);
      return length;
    } catch (InvalidInputException e) {
      throw new ModelLoadException(
          name, ModelFiles.TOKENIZER + " cannot read a text: " + e.actual(), e);
    }
  }

  private static int leadingSpecial(NativeTokenizer.Encoded probe) {
    int start = 0;
    while (start < probe.ids().length && probe.specialTokensMask()[start] != 0) {
      start++;
    }
    return start;
  }

  private static long type(long[] types, int index) {
    return index >= 0 && index < types.length ? types[index] : 0;
  }

  private static void check(boolean isFound, String name) {
    if (!isFound) {
      throw new ModelLoadException(
          name,
          "the special tokens of "
              + ModelFiles.TOKENIZER
              + " cannot be told from the tokens of a text",
          null);
    }
  }

  /** Returns how many special tokens there are. */
  int length() {
    return before.length + between.length + after.length;
  }

  /** Returns the tokens from one index to another of a text, with special tokens around them. */
  Tokens around(long[] text, int from, int to) {
    long[] ids = new long[length() + to - from];
    System.arraycopy(before, 0, ids, 0, before.length);
    System.arraycopy(text, from, ids, before.length, to - from);
    System.arraycopy(after, 0, ids, ids.length - after.length, after.length);
    boolean isPlain = types[0] == 0 && types[1] == 0 && types[4] == 0;
    return new Tokens(ids, isPlain ? null : types(to - from, 0), to - from);
  }

  /** Returns the first tokens of two texts, with special tokens around and between them. */
  Tokens around(long[] first, int firstLength, long[] second, int secondLength) {
    long[] ids = new long[length() + firstLength + secondLength];
    int at = put(before, before.length, ids, 0);
    at = put(first, firstLength, ids, at);
    at = put(between, between.length, ids, at);
    at = put(second, secondLength, ids, at);
    put(after, after.length, ids, at);
    return new Tokens(ids, types(firstLength, secondLength), firstLength + secondLength);
  }

  private static int put(long[] from, int length, long[] to, int at) {
    System.arraycopy(from, 0, to, at, length);
    return at + length;
  }

  private long[] types(int firstLength, int secondLength) {
    int[] lengths = {before.length, firstLength, between.length, secondLength, after.length};
    long[] all = new long[length() + firstLength + secondLength];
    int at = 0;
    for (int part = 0; part < lengths.length; part++) {
      Arrays.fill(all, at, at + lengths[part], types[part]);
      at += lengths[part];
    }
    return all;
  }
}

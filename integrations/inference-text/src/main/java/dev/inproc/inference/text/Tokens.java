package dev.inproc.inference.text;

import org.jspecify.annotations.Nullable;

/** The tokens of one run, special tokens included; not changed once made. */
final class Tokens {
  final long[] ids;
  final long @Nullable [] types; // null if all are 0
  final int textLength; // how many are the text's own

  Tokens(long[] ids, long @Nullable [] types, int textLength) {
    this.ids = ids;
    this.types = types;
    this.textLength = textLength;
  }
}

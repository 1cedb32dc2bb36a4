package dev.inproc.inference.text;

import java.util.concurrent.atomic.LongAdder;

/** Counts what a text model reads. Thread-safe. */
final class TextCounter implements TextStats {
  private final LongAdder texts = new LongAdder();
  private final LongAdder tokens = new LongAdder();
  private final LongAdder windows = new LongAdder();
  private final LongAdder truncated = new LongAdder();

  /** Counts a text that was answered. */
  void answered(TokenizedText text) {
    texts.increment();
    tokens.add(text.tokens());
    windows.add(text.windows().size());
    if (text.isTruncated()) {
      truncated.increment();
    }
  }

  @Override
  public TextMetrics metrics() {
    return new TextMetrics(texts.sum(), tokens.sum(), windows.sum(), truncated.sum());
  }
}

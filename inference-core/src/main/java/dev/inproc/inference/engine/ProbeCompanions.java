package dev.inproc.inference.engine;

/** The other examples in the run whose answer was compared with the answer of a lone run. */
public enum ProbeCompanions {
  /** Alone once more: a deviation means that the model is not deterministic. */
  NONE("alone once more"),
  /** Examples of the same kind. */
  ORDINARY("beside ordinary examples"),
  /** Examples whose numbers are a thousand times as large. */
  OUTLIERS("beside outliers"),
  /** Examples full of NaN. */
  NANS("beside NaN"),
  /** A longer example, to whose length it was padded. */
  LONGER("padded");

  private final String words;

  ProbeCompanions(String words) {
    this.words = words;
  }

  /** Returns words that complete "an example run ...". */
  String words() {
    return words;
  }
}

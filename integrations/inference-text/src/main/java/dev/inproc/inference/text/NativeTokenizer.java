package dev.inproc.inference.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.RefCountedResource;
import org.jspecify.annotations.Nullable;

/**
 * Hugging Face's tokenizer, which is native code: freed once, after its last use. Thread-safe.
 *
 * <p>It calls DJL's binding below DJL's own tokenizer class, which copies nine arrays of a text's
 * tokens, one object a token among them, where a model needs one; which changes a tokenizer's
 * padding and truncation by rules of its own; and which reports its use to a server.
 */
final class NativeTokenizer implements AutoCloseable {
  private static final String OFFLINE = "ai.djl.offline";
  private static final TokenizersLibrary LIB = TokenizersLibrary.LIB;

  private final String name;
  private final long handle;
  private final RefCountedResource lifetime;

  /** A text's tokens, with what else a template is found by. */
  record Encoded(long[] ids, long[] typeIds, long[] specialTokensMask) {}

  private NativeTokenizer(String name, long handle) {
    this.name = name;
    this.handle = handle;
    lifetime = new RefCountedResource(() -> LIB.deleteTokenizer(handle));
  }

  /**
   * Opens a tokenizer. What its file says of padding and truncation has no effect.
   *
   * @param name the model's, for messages
   * @param json the content of {@code tokenizer.json}
   * @throws ModelLoadException if it is none
   */
  static NativeTokenizer open(String name, String json) {
    load(name);
    long handle;
    try {
      handle = LIB.createTokenizerFromString(Surrogates.replaced(json));
    } catch (RuntimeException e) {
      throw new ModelLoadException(
          name, ModelFiles.TOKENIZER + " is no tokenizer: " + e.getMessage(), e);
    }
    NativeTokenizer tokenizer = new NativeTokenizer(name, handle);
    LIB.disablePadding(handle);
    LIB.disableTruncation(handle);
    return tokenizer;
  }

  private static void load(String name) {
    // Else DJL may ask its servers for a native library for the machine's GPU.
    if (System.getProperty(OFFLINE) == null
        && System.getProperty("offline") == null
        && System.getenv("DJL_OFFLINE") == null) {
      System.setProperty(OFFLINE, "true");
    }
    try {
      LibUtils.checkStatus();
    } catch (RuntimeException | LinkageError e) {
      throw new ModelLoadException(
          name, "cannot load the native library of ai.djl.huggingface:tokenizers: " + e, e);
    }
  }

  /**
   * A text's tokens.
   *
   * @param wordIds the number of the word that each token is of, or null if they were not wanted
   */
  record TextTokens(long[] ids, long @Nullable [] wordIds) {}

  /** Returns a text's tokens, without special tokens, except where the text spells one out. */
  long[] ids(String text) {
    return tokens(text, Integer.MAX_VALUE).ids();
  }

  /**
   * Returns the same, with the words that tokens are of if there are more tokens than that.
   *
   * @throws InvalidInputException if the tokenizer cannot read the text
   */
  TextTokens tokens(String text, int wordsBeyond) {
    acquire();
    try {
      long encoding = encode(Surrogates.replaced(text), false);
      try {
        long[] ids = LIB.getTokenIds(encoding);
        return new TextTokens(ids, ids.length > wordsBeyond ? LIB.getWordIds(encoding) : null);
      } finally {
        LIB.deleteEncoding(encoding);
      }
    } finally {
      lifetime.release();
    }
  }

  private long encode(String text, boolean withSpecialTokens) {
    try {
      return LIB.encode(handle, text, withSpecialTokens);
    } catch (RuntimeException e) { // of a tokenizer without a token for what it does not know
      throw new InvalidInputException(
          "text",
          "a text that the tokenizer of " + name + " reads",
          String.valueOf(e.getMessage()),
          e);
    }
  }

  /** Returns a text's tokens with special tokens around them. */
  Encoded encode(String text) {
    acquire();
    try {
      return read(encode(text, true));
    } finally {
      lifetime.release();
    }
  }

  /** Returns the tokens of two texts with special tokens around and between them. */
  Encoded encode(String first, String second) {
    acquire();
    try {
      return read(LIB.encodeDual(handle, first, second, true));
    } finally {
      lifetime.release();
    }
  }

  private static Encoded read(long encoding) {
    try {
      return new Encoded(
          LIB.getTokenIds(encoding), LIB.getTypeIds(encoding), LIB.getSpecialTokenMask(encoding));
    } finally {
      LIB.deleteEncoding(encoding);
    }
  }

  private void acquire() {
    if (!lifetime.acquire()) {
      throw new PredictorClosedException(name);
    }
  }

  /** Stops taking texts; the last use frees. Idempotent. */
  @Override
  public void close() {
    lifetime.close();
  }

  /** Waits until it has been freed; false if the time passed first. */
  boolean awaitFreed(long nanos) {
    return lifetime.awaitFreed(nanos);
  }
}

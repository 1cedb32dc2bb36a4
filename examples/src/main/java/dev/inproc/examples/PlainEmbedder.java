package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.engine.ModelSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Map;

/**
 * The same work by hand, as well as ONNX Runtime's own API allows: one session for all threads, and
 * for each thread direct buffers that it uses again, the output pinned so that nothing is copied.
 * What it leaves to its user: closing only when no run is under way, and never sharing a caller.
 */
final class PlainEmbedder implements AutoCloseable {
  private static final String OUTPUT = "last_hidden_state";

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final HuggingFaceTokenizer tokenizer;
  private final OrtSession session;

  PlainEmbedder(ModelSource model, HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
    int threads = Runtime.getRuntime().availableProcessors(); // a session's default
    try (InputStream bytes = model.open();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      session = environment.createSession(bytes.readAllBytes(), options);
    } catch (OrtException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns an embedder for one thread. */
  Embedder newCaller() {
    return new Caller();
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private final class Caller implements Embedder {
    private final LongBuffer ids = longs();
    private final LongBuffer mask = longs();
    private final LongBuffer types = longs();
    private final FloatBuffer hidden =
        direct(MiniLm.MAX_TOKENS * MiniLm.DIMENSIONS * Float.BYTES).asFloatBuffer();
    private final float[] rows = new float[MiniLm.MAX_TOKENS * MiniLm.DIMENSIONS];

    @Override
    public float[] embed(String text) {
      Encoding tokens = tokenizer.encode(text);
      int count = tokens.getIds().length;
      try (OnnxTensor inputIds = tensor(ids, tokens.getIds());
          OnnxTensor attention = tensor(mask, tokens.getAttentionMask());
          OnnxTensor typeIds = tensor(types, tokens.getTypeIds());
          OnnxTensor output = output(count)) {
        Map<String, OnnxTensor> inputs =
            Map.of("input_ids", inputIds, "attention_mask", attention, "token_type_ids", typeIds);
        session.run(inputs, Map.of(OUTPUT, output)).close();
        hidden.get(0, rows, 0, count * MiniLm.DIMENSIONS);
        return SentenceCodec.meanOfUnitLength(rows, count, MiniLm.DIMENSIONS);
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
    }

    private OnnxTensor tensor(LongBuffer buffer, long[] values) throws OrtException {
      buffer.clear().put(values).flip();
      return OnnxTensor.createTensor(environment, buffer, new long[] {1, values.length});
    }

    private OnnxTensor output(int count) throws OrtException {
      hidden.clear().limit(count * MiniLm.DIMENSIONS);
      return OnnxTensor.createTensor(environment, hidden, new long[] {1, count, MiniLm.DIMENSIONS});
    }

    private static LongBuffer longs() {
      return direct(MiniLm.MAX_TOKENS * Long.BYTES).asLongBuffer();
    }

    private static ByteBuffer direct(int bytes) {
      return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
  }
}

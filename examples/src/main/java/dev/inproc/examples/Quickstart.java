package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.engine.Integrity;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.ServingRuntime;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.events.RecentEvents;
import dev.inproc.inference.monitoring.Metering;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.tensor.Tensors;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Answers questions from the FAQ of a made-up shop with a real sentence encoder, then measures the
 * same work under load beside a plain loop over ONNX Runtime.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package exec:java \
 *     -Dexec.args="'Where is my parcel?' 'Can I pay later?'"
 * }</pre>
 *
 * <p>Without arguments it answers the lines on standard input, and without those a bundled list.
 */
public final class Quickstart {
  /** Quiet: what it would log, the program prints. Held, since the JDK forgets loggers unheld. */
  private static final Logger LOG = Logger.getLogger("dev.inproc.inference");

  private static final int MAX_BATCH = 32;

  private Quickstart() {}

  /** Answers each argument. */
  public static void main(String[] args) throws InterruptedException {
    LOG.setLevel(Level.WARNING);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    run(Questions.own(args, System.in), out, 2, Duration.ofSeconds(2));
  }

  /**
   * Answers the questions, or the bundled ones if there are none.
   *
   * @param rounds how often both sides are measured, in turns
   * @param load how long each round of load lasts
   */
  static void run(List<String> own, PrintStream out, int rounds, Duration load)
      throws InterruptedException {
    out.println("Inproc quickstart: a shop's FAQ, answered by the sentence encoder MiniLM-L6");
    List<Faq.Entry> entries = Faq.entries();
    List<String> texts = FaqIndex.texts(entries);
    ModelSource model = MiniLm.model();
    RecentEvents events = new RecentEvents();
    ServingRuntime.shared().addListener(events);
    long start = System.nanoTime();

    // This is all there is to serving a model.
    try (HuggingFaceTokenizer tokenizer = MiniLm.tokenizer();
        Session session =
            new OnnxEngine()
                .load(model, MiniLm.sessionOptions().parallelism(MiniLm.PARALLELISM).build());
        BatchingPredictor<Tensors, Tensors> batched =
            Batching.upTo(MAX_BATCH).withParallelism(MiniLm.PARALLELISM).decorate(session);
        Predictor<String, float[]> embedder =
            batched.with(new SentenceCodec(tokenizer)).with(Metering.named("faq"))) {

      double loadSeconds = since(start);
      start = System.nanoTime();
      FaqIndex index = Progress.during("Embedding the FAQ", () -> FaqIndex.of(entries, embedder));
      out.printf(
          Locale.ROOT,
          "Model   %s on %s, loaded in %.1f s; %d texts embedded in %.1f s%n",
          session,
          session.device(),
          loadSeconds,
          texts.size(),
          since(start));
      out.println(checked(session.integrity()));
      out.println();
      List<String> questions = own;
      if (own.isEmpty()) {
        questions = Faq.questions().stream().map(Faq.Question::text).toList();
        Answers.printBundled(Faq.questions(), index, embedder, out);
      } else {
        Answers.print(own, index, embedder, out);
      }
      out.println();

      start = System.nanoTime();
      try (Int8Encoder int8 = new Int8Encoder(model, tokenizer, MAX_BATCH);
          PlainEmbedder plain = new PlainEmbedder(model, tokenizer);
          PlainEmbedder plainInt8 = new PlainEmbedder(int8.model(), tokenizer)) {
        double quantizeSeconds = since(start);
        Predictor<String, float[]> direct = session.borrowed().with(new SentenceCodec(tokenizer));
        Comparison comparison =
            new Comparison(questions, rounds, out)
                .add("plain ONNX Runtime loop, FP32", plain::newCaller)
                .add("Inproc, FP32, each call its own run", () -> direct::predict)
                .add("Inproc, FP32, batching", () -> embedder::predict)
                .add("plain ONNX Runtime loop, row-wise INT8", plainInt8::newCaller)
                .add("Inproc, row-wise INT8, batching", () -> int8.embedder()::predict);
        comparison.load(load);
        out.printf(
            Locale.ROOT,
            "Row-wise INT8 and batching answer %.1f times as many as the plain FP32 loop.%n",
            comparison.gain());
        String size =
            String.format(
                Locale.ROOT,
                "INT8    %.0f MB in place of %.0f, quantized and loaded in %.1f s",
                int8.report().bytesAfter() / 1e6,
                int8.report().bytesBefore() / 1e6,
                quantizeSeconds);
        Integrity found = int8.session().integrity();
        out.println(
            isClean(found)
                ? size
                    + String.format(Locale.ROOT, "; checked likewise: %.1e at most", worst(found))
                : size + System.lineSeparator() + checked(found));
        comparison.corpus(texts, embedder);
        comparison.cached(embedder);
      }
      Status.tell(embedder, events, out);
    }
    ServingRuntime.shared().removeListener(events);
    out.println("Ask your own: add -Dexec.args=\"'Where is my parcel?'\" to the same command.");
  }

  /** What the probe found, in one line where all is well. */
  private static String checked(Integrity integrity) {
    return isClean(integrity)
        ? String.format(
            Locale.ROOT,
            "Checked alone and in batches, beside other texts and padded: answers move by %.1e at most",
            worst(integrity))
        : Answers.wrapped("Checked ", integrity.toString());
  }

  private static boolean isClean(Integrity integrity) {
    return integrity.isChecked() && integrity.isComplete() && integrity.allowsPadding();
  }

  private static double worst(Integrity integrity) {
    return integrity.worst().map(Integrity.Finding::deviation).orElse(Double.NaN);
  }

  private static double since(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }
}

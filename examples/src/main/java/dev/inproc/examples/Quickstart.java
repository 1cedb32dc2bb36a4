package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
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
    out.println();
    List<Faq.Entry> entries = Faq.entries();
    ModelSource model = MiniLm.model();
    long start = System.nanoTime();

    // This is all there is to serving a model.
    try (HuggingFaceTokenizer tokenizer = MiniLm.tokenizer();
        Session session = new OnnxEngine().load(model, MiniLm.sessionOptions().build());
        BatchingPredictor<Tensors, Tensors> batched = Batching.upTo(32).decorate(session);
        Predictor<String, float[]> embedder = batched.with(new SentenceCodec(tokenizer))) {

      out.printf(
          Locale.ROOT,
          "Model   %s on %s, loaded in %.1f s%n",
          session,
          session.device(),
          since(start));
      out.println(Answers.wrapped("Checked ", session.integrity().toString()));
      start = System.nanoTime();
      FaqIndex index = Progress.during("Embedding the FAQ", () -> FaqIndex.of(entries, embedder));
      int texts = FaqIndex.texts(entries).size();
      out.printf(
          Locale.ROOT,
          "Corpus  %d entries, %d texts, embedded by one predictAll in %.1f s%n%n",
          entries.size(),
          texts,
          since(start));

      List<String> questions = own;
      if (own.isEmpty()) {
        questions = Faq.questions().stream().map(Faq.Question::text).toList();
        Answers.printBundled(Faq.questions(), index, embedder, out);
      } else {
        Answers.print(own, index, embedder, out);
      }
      try (PlainEmbedder plain = new PlainEmbedder(model, tokenizer)) {
        Predictor<String, float[]> direct = session.borrowed().with(new SentenceCodec(tokenizer));
        Comparison comparison = new Comparison(embedder, direct, plain, rounds, out);
        comparison.load(questions, load);
        comparison.gain(batched.metrics());
        comparison.corpus(FaqIndex.texts(entries));
        comparison.cached(questions);
        try (Int8Encoder int8 = new Int8Encoder(model, tokenizer)) {
          comparison.quantized(int8, FaqIndex.texts(entries));
        }
      }
    }
    out.println();
    out.println("Ask your own: add -Dexec.args=\"'Where is my parcel?'\" to the same command.");
  }

  private static double since(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }
}

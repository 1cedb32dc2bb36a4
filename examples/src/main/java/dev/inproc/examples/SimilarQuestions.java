package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.Answer;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.cache.AnswerEquivalence;
import dev.inproc.inference.cache.MissReason;
import dev.inproc.inference.cache.SimilarityCaching;
import dev.inproc.inference.cache.SimilarityCachingPredictor;
import dev.inproc.inference.cache.SimilarityMetrics;
import dev.inproc.inference.cache.TextVetoes;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.OnnxEngine;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A similarity cache before a costly model: questions that mean the same get one answer, and the
 * share of wrong answers among them is bounded. The same stream of made-up paraphrases runs twice,
 * with a promise of at most 5 % wrong and one of at most 1 %.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package exec:java \
 *     -Dexec.mainClass=dev.inproc.examples.SimilarQuestions
 * }</pre>
 *
 * <p>The embedder is MiniLM in INT8. The costly model is a {@link StandInModel}: its time is real,
 * its answers come from the generator of the stream. So the example knows how many hits were truly
 * wrong, which an application does not, and prints it beside the bound.
 */
public final class SimilarQuestions {
  /** Quiet: what it would log, the program prints. Held, since the JDK forgets loggers unheld. */
  private static final Logger LOG = Logger.getLogger("dev.inproc.inference");

  private static final long SEED = 11;
  private static final int REQUESTS = 5000;
  private static final int CAPACITY = 100_000;
  private static final int MAX_BATCH = 32;
  private static final double[] PROMISES = {0.05, 0.01};

  private SimilarQuestions() {}

  /** Takes no arguments. */
  public static void main(String[] args) {
    LOG.setLevel(Level.WARNING);
    run(new PrintStream(System.out, true, StandardCharsets.UTF_8), REQUESTS);
  }

  /** What came of one promise. */
  private record Outcome(
      double maxWrongShare, SimilarityMetrics metrics, long trulyWrong, StandInModel model) {
    double embeddingSeconds() {
      return metrics.embedding().toNanos() / 1e9;
    }

    double savedSeconds() {
      return metrics.timeSaved().toNanos() / 1e9;
    }
  }

  static void run(PrintStream out, int requests) {
    ParaphraseStream stream = new ParaphraseStream(SEED, requests);
    out.printf(
        Locale.ROOT,
        "%,d requests, %,d different texts, %d different answers%n%n",
        requests,
        stream.answers().size(),
        stream.answers().values().stream().distinct().count());
    ModelSource model = MiniLm.model();
    List<Outcome> outcomes = new ArrayList<>();
    try (HuggingFaceTokenizer tokenizer = MiniLm.tokenizer();
        Int8Encoder int8 = new Int8Encoder(model, tokenizer, MAX_BATCH);
        Session session = new OnnxEngine().load(model, MiniLm.sessionOptions().build());
        Predictor<String, float[]> reader = session.borrowed().with(new SentenceCodec(tokenizer))) {
      for (double maxWrongShare : PROMISES) {
        outcomes.add(serve(stream, int8.embedder(), reader.borrowed(), maxWrongShare));
      }
    }
    print(outcomes, out);
  }

  private static Outcome serve(
      ParaphraseStream stream,
      Predictor<String, float[]> embedder,
      Predictor<String, float[]> reader,
      double maxWrongShare) {
    StandInModel model = new StandInModel(reader, context(), stream.answers());

    // This is all there is to a similarity cache.
    try (SimilarityCachingPredictor<String, String> cached =
        SimilarityCaching.<String, String>of(CAPACITY, embedder, AnswerEquivalence.equal())
            .withAnswers(String.class)
            .withVeto(TextVetoes.all())
            .withMaxWrongShare(maxWrongShare)
            .adapt(model)) {

      long wrong = 0;
      Predictor<String, Answer<String>> answers = cached.answers();
      String task = String.format(Locale.ROOT, "At most %.0f %% wrong", 100 * maxWrongShare);
      try (Progress progress = Progress.of(task, stream.requests().size())) {
        for (String request : stream.requests()) {
          Answer<String> answer = answers.predict(request);
          if (answer.source() == Answer.Source.SIMILARITY_CACHE
              && !answer.value().equals(stream.answers().get(request))) {
            wrong++;
          }
          progress.step();
        }
      }
      return new Outcome(maxWrongShare, cached.similarityMetrics(), wrong, model);
    }
  }

  /** What the model reads with each question: an answer of the shop's FAQ. */
  private static String context() {
    return Faq.entries().get(0).answer();
  }

  private static void print(List<Outcome> outcomes, PrintStream out) {
    row(out, "the promise: wrong hits at most", outcomes, o -> percent(o.maxWrongShare));
    row(out, "exact hits", outcomes, o -> count(o.metrics.exactHits()));
    row(out, "similarity hits", outcomes, o -> count(o.metrics.hits()));
    row(out, "  truly wrong (known here alone)", outcomes, o -> count(o.trulyWrong));
    row(out, "  wrong at most (the bound)", outcomes, o -> count(o.metrics.bound()));
    row(out, "  wrong allowed now", outcomes, o -> decimal(o.metrics.allowed()));
    row(out, "  certified", outcomes, SimilarQuestions::certified);
    row(out, "audits", outcomes, o -> count(o.metrics.audits()));
    row(out, "  found a wrong one", outcomes, o -> count(o.metrics.auditedWrong()));
    for (MissReason reason : MissReason.values()) {
      if (reason != MissReason.AUDIT) {
        String name = reason.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        row(
            out,
            "the model ran: " + name,
            outcomes,
            o -> count(o.metrics.misses().getOrDefault(reason, 0L)));
      }
    }
    row(out, "one run of the model", outcomes, o -> millis(o.model.seconds() / o.model.runs()));
    row(out, "one embedding", outcomes, o -> millis(o.metrics.embeddingTime().mean() / 1e9));
    row(out, "one look-up", outcomes, o -> millis(o.metrics.lookupTime().mean() / 1e9));
    row(out, "all runs of the model", outcomes, o -> seconds(o.model.seconds()));
    row(out, "all embeddings", outcomes, o -> seconds(o.embeddingSeconds()));
    row(out, "similarity hits saved", outcomes, o -> seconds(o.savedSeconds()));
    row(
        out,
        "saved, less all embeddings",
        outcomes,
        o -> seconds(o.savedSeconds() - o.embeddingSeconds()));
  }

  private static String certified(Outcome outcome) {
    return outcome.metrics.isCertified()
        ? "at hit " + count(outcome.metrics.certifiedAtHit())
        : "not yet";
  }

  private static void row(
      PrintStream out, String name, List<Outcome> outcomes, Function<Outcome, String> value) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-36s", name));
    for (Outcome outcome : outcomes) {
      line.append(String.format(Locale.ROOT, "%16s", value.apply(outcome)));
    }
    out.println(line);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String decimal(double number) {
    return String.format(Locale.ROOT, "%.1f", number);
  }

  private static String millis(double seconds) {
    return String.format(Locale.ROOT, "%.2f ms", 1e3 * seconds);
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%.1f s", seconds);
  }
}

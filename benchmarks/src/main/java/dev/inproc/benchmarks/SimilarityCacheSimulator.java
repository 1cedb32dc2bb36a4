package dev.inproc.benchmarks;

import com.google.gson.JsonObject;
import dev.inproc.inference.cache.StreamRun;
import dev.inproc.inference.cache.StreamRun.Question;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Sends a stream of requests through the similarity cache, the very classes that run in production,
 * and prints one line of JSON a run: {@code requests, hits, wrong, audits, certifiedAtHit,
 * worstExcess, worstRatioAfterCertified, violations, embedMicros, lookupMicros}.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.SimilarityCacheSimulator \
 *     --stream FILE.tsv --vectors FILE.f32 --delta 0.02 --alpha 0.05 --seed N --runs R [--shuffle]
 * }</pre>
 *
 * <p>The stream has a request a line, {@code answer<TAB>text}: what the model answers, and the text
 * that tells requests apart. Answers are equivalent if they are equal. The vectors are those of the
 * lines in order, of length 1, little-endian floats. Each run draws new coins; with {@code
 * --shuffle} it takes the requests in a new order too.
 *
 * <p>{@code worstExcess} is the largest {@code wrong - allowance - delta * hits} at any moment, and
 * {@code violations} counts the moments, each a hit, at which the promise was broken: {@code wrong}
 * above {@code allowance + delta * hits}, or after certification above {@code delta * hits}. {@code
 * certifiedAtHit} is -1 for a run that was not certified.
 *
 * <p>Exits with 2 and a message if the arguments or the files are not as said.
 */
public final class SimilarityCacheSimulator {
  private static final String USAGE =
      "usage: SimilarityCacheSimulator --stream FILE.tsv --vectors FILE.f32 --delta D --alpha A"
          + " --seed N --runs R [--shuffle]";
  private static final Set<String> OPTIONS =
      Set.of("stream", "vectors", "delta", "alpha", "seed", "runs");

  private SimilarityCacheSimulator() {}

  /** Simulates and prints; the exit status as said above. */
  public static void main(String[] arguments) {
    System.exit(run(System.out, System.err, arguments));
  }

  static int run(PrintStream out, PrintStream err, String... arguments) {
    if (arguments.length == 0 || Arrays.asList(arguments).contains("--help")) {
      err.println(USAGE);
      return 2;
    }
    try {
      simulate(out, new NamedOptions(OPTIONS, Set.of("shuffle"), arguments));
      return 0;
    } catch (IllegalArgumentException e) {
      err.println(e.getMessage());
      err.println(USAGE);
    } catch (NoSuchFileException e) {
      err.println("No such file: " + e.getMessage());
    } catch (IOException e) {
      err.println("The stream cannot be read: " + e);
    }
    return 2;
  }

  private static void simulate(PrintStream out, NamedOptions options) throws IOException {
    double delta = options.number("delta", "0.02", 0, 1);
    double alpha = options.number("alpha", "0.05", 0, 1);
    int runs = options.integer("runs", "1", 1_000_000);
    long seed = options.seed();
    List<Question> stream =
        new ArrayList<>(
            read(Path.of(options.text("stream", null)), Path.of(options.text("vectors", null))));
    for (int run = 0; run < runs; run++) {
      if (options.has("shuffle")) {
        Collections.shuffle(stream, new Random(seed + run));
      }
      StreamRun simulated =
          new StreamRun(
              caching -> caching.withMaxWrongShare(delta).withErrorProbability(alpha), seed + run);
      out.println(json(simulated.of(stream)));
    }
  }

  private static List<Question> read(Path stream, Path vectors) throws IOException {
    List<String> lines = Files.readAllLines(stream);
    try (FileChannel channel = FileChannel.open(vectors)) {
      long floats = channel.size() / Float.BYTES;
      if (lines.isEmpty() || channel.size() % Float.BYTES != 0 || floats % lines.size() != 0) {
        throw new IllegalArgumentException(
            "Expected as many vectors of one length as the "
                + lines.size()
                + " lines of "
                + stream
                + ", got "
                + channel.size()
                + " bytes in "
                + vectors);
      }
      int dimension = (int) (floats / lines.size());
      List<Question> questions = new ArrayList<>(lines.size());
      ByteBuffer bytes =
          ByteBuffer.allocate(dimension * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < lines.size(); i++) {
        questions.add(question(lines.get(i), i + 1, vector(channel, bytes)));
      }
      return questions;
    }
  }

  private static Question question(String line, int number, float[] vector) {
    int tab = line.indexOf('\t');
    if (tab < 0) {
      throw new IllegalArgumentException(
          "line " + number + ": expected answer<TAB>text, got \"" + line + "\"");
    }
    return new Question(line.substring(tab + 1), line.substring(0, tab), vector);
  }

  private static float[] vector(FileChannel channel, ByteBuffer bytes) throws IOException {
    bytes.clear();
    while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
      // until it is full
    }
    FloatBuffer floats = bytes.flip().asFloatBuffer();
    float[] vector = new float[floats.remaining()];
    floats.get(vector);
    return vector;
  }

  private static JsonObject json(StreamRun.Result result) {
    JsonObject json = new JsonObject();
    json.addProperty("requests", result.requests());
    json.addProperty("hits", result.hits());
    json.addProperty("wrong", result.wrong());
    json.addProperty("audits", result.audits());
    json.addProperty("certifiedAtHit", result.certifiedAtHit());
    json.addProperty("worstExcess", rounded(result.hits() == 0 ? 0 : result.worstExcess()));
    json.addProperty("worstRatioAfterCertified", rounded(result.worstRatioAfterCertified()));
    json.addProperty("violations", result.violations());
    json.addProperty("embedMicros", rounded(result.embedMicros()));
    json.addProperty("lookupMicros", rounded(result.lookupMicros()));
    return json;
  }

  private static double rounded(double value) {
    return Math.round(value * 1e6) / 1e6;
  }
}

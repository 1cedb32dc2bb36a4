package dev.inproc.examples;

import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonWriter;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/** What {@link Run} found, for people: long answers, lists and files are cut. */
final class RunTable {
  private static final int MOST_EXAMPLES = 20;
  private static final int MOST_ROUNDS = 10;
  private static final int MOST_VALUES = 8;
  private static final int MOST_CHARACTERS = 100; // of an answer's values

  private final PrintWriter out;

  RunTable(PrintWriter out) {
    this.out = out;
  }

  void print(Session session, double loadSeconds, RunMode mode, Rounds rounds) {
    out.printf(
        Locale.ROOT,
        "Model       %s on %s, loaded in %.1f s%n",
        session,
        session.device(),
        loadSeconds);
    out.println(
        "Signature   " + (mode == RunMode.RAW ? session.rawSignature() : session.signature()));
    out.println("Integrity   " + session.integrity());
    out.println();
    answers(rounds.first());
    rounds(mode, rounds);
    out.println(
        rounds.rounds().size() == 1
            ? "Compared    nothing: there was one round"
            : rounds.differs().isEmpty()
                ? "Compared    every round answered as the first did, bit for bit"
                : "Compared    later rounds answered otherwise for the examples "
                    + cut(rounds.differs().toString()));
  }

  private void answers(RunMode.Answers first) {
    out.println("Example        ms  answer");
    int shown = Math.min(first.answers().size(), MOST_EXAMPLES);
    for (int i = 0; i < shown; i++) {
      String millis =
          first.nanos().isEmpty()
              ? "-" // one call for all
              : String.format(Locale.ROOT, "%.3f", first.nanos().get(i) / 1e6);
      out.printf(Locale.ROOT, "%7d%10s  %s%n", i, millis, text(first.answers().get(i)));
    }
    if (shown < first.answers().size()) {
      out.println("        and " + (first.answers().size() - shown) + " more");
    }
    out.println();
  }

  private void rounds(RunMode mode, Rounds rounds) {
    int examples = rounds.first().answers().size();
    out.println("Round          ms  engine runs");
    List<Rounds.Round> all = rounds.rounds();
    for (int i = 0; i < Math.min(all.size(), MOST_ROUNDS); i++) {
      Rounds.Round round = all.get(i);
      out.printf(Locale.ROOT, "%7d%10.3f%13d%n", i + 1, round.millis(), round.engineRuns());
    }
    if (all.size() > MOST_ROUNDS) {
      double[] sorted = all.stream().mapToDouble(Rounds.Round::millis).sorted().toArray();
      out.printf(
          Locale.ROOT,
          "        and %d more; fastest %.3f ms, median %.3f, slowest %.3f%n",
          all.size() - MOST_ROUNDS,
          sorted[0],
          sorted[sorted.length / 2],
          sorted[sorted.length - 1]);
    }
    out.printf(
        Locale.ROOT,
        "Total       %s, %s, mode %s: %s%n",
        counted(examples, "example"),
        counted(all.size(), "round"),
        mode.name().toLowerCase(Locale.ROOT),
        counted(rounds.engineRuns(), "engine run"));
  }

  private static String counted(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  private static String text(Tensors answer) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < answer.size(); i++) {
      Tensor tensor = answer.at(i);
      text.append(i == 0 ? "" : "; ")
          .append(quoted(answer.names().get(i)))
          .append(' ')
          .append(tensor)
          .append(' ')
          .append(cut(values(tensor)));
    }
    return text.toString();
  }

  /** A name as it is, or quoted where it would break the line. */
  private static String quoted(String name) {
    boolean plain = name.chars().noneMatch(Character::isISOControl);
    return plain ? name : new JsonPrimitive(name).toString();
  }

  private static String values(Tensor tensor) {
    int shown = Math.min(tensor.elements(), MOST_VALUES);
    StringWriter json = new StringWriter();
    try (JsonWriter writer = new JsonWriter(json)) {
      writer.beginArray();
      new TensorWriter(writer).writeData(tensor, shown);
      writer.endArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a string takes whatever is written
    }
    String list = json.toString();
    return shown == tensor.elements() ? list : list.substring(0, list.length() - 1) + ",...]";
  }

  private static String cut(String text) {
    return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "...";
  }
}

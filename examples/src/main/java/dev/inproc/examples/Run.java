package dev.inproc.examples;

import com.google.gson.JsonObject;
import com.google.gson.stream.JsonWriter;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.Integrity;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.OnnxOptions;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.TensorFlowEngine;
import dev.inproc.inference.tf.TensorFlowOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/**
 * Puts examples from a JSON file to a model and shows its answers: a table, and a last line of
 * JSON. docs/run.md tells the formats.
 *
 * <pre>{@code
 * ./mvnw -q -pl examples -am -DskipTests package exec:java \
 *     -Dexec.mainClass=dev.inproc.examples.Run \
 *     -Dexec.args="model.onnx --inputs examples.json"
 * }</pre>
 *
 * <p>Whatever fails, wrong arguments included, the last line is {@code {"error": kind, "message":
 * ...}} and the exit status 1.
 */
@Command(
    name = "run",
    description = "Puts examples to a model and shows its answers.",
    footerHeading = "%nThe kinds of errors in the last line, with the exit status 1:%n")
public final class Run extends ModelCommand {
  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "an ONNX file, or the directory of a SavedModel")
  private Path model = Path.of("model.onnx");

  @Option(
      names = "--inputs",
      required = true,
      paramLabel = "FILE",
      description = "a JSON array of examples, each an object from input names to values")
  private Path inputs = Path.of("examples.json");

  @Option(
      names = "--mode",
      description = {
        "predict (default): one call after the other; all: one predictAll; submit: all at once;",
        "batched: all at once through a batcher; raw: each example is batched already"
      })
  private RunMode mode = RunMode.PREDICT;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "how many rounds over all examples; default 1")
  private int repeat = 1;

  @Option(
      names = "--pad",
      paramLabel = "NAME=VALUE",
      description = "fill this input up so that examples of different sizes run together; repeat")
  private List<String> pads = new ArrayList<>();

  @Option(
      names = "--axis",
      description = "whether the model has a batch axis: AUTO (default), LEADING or NONE")
  private BatchAxis axis = BatchAxis.AUTO;

  @Option(names = "--trust", description = "load the model without a check, as code is loaded")
  private boolean trust;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description = "the deviation up to which answers count as the same; default 0.001")
  private @Nullable Double tolerance;

  /** Runs the model that the arguments name. */
  public static void main(String[] args) {
    main(commandLine(), args);
  }

  /** Returns the command, ready for its arguments. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Run());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExpandAtFiles(false);
    line.getCommandSpec()
        .usageMessage()
        .footer(
            Stream.of(ErrorKind.values())
                .map(kind -> String.format("  %-15s%s", kind.label(), kind.meaning()))
                .toArray(String[]::new));
    line.setParameterExceptionHandler(Run::misused);
    return line;
  }

  private static int misused(ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    line.getErr().println(e.getMessage());
    line.getErr().println("Options: --help");
    return failed(line.getOut(), ErrorKind.USAGE, e.getMessage());
  }

  private static int failed(PrintWriter out, ErrorKind kind, @Nullable String message) {
    String text = message == null || message.isEmpty() ? kind.meaning() : message;
    printJson(
        out,
        writer -> {
          writer.beginObject();
          writer.name("error").value(kind.label());
          writer.name("message").value(text);
          writer.endObject();
        });
    return 1;
  }

  @Override
  int run() {
    try {
      answer();
      return 0;
    } catch (Throwable t) {
      ErrorKind kind = ErrorKind.of(t);
      String message = kind == ErrorKind.INTERNAL ? t.toString() : t.getMessage();
      if (kind == ErrorKind.INTERNAL) {
        t.printStackTrace(err());
      } else {
        err().println(message);
      }
      return failed(out(), kind, message);
    }
  }

  private void answer() {
    SessionOptions options = options();
    List<JsonObject> json = ExamplesFile.read(inputs);
    long start = System.nanoTime();
    try (Session session = load(options)) {
      double loadSeconds = (System.nanoTime() - start) / 1e9;
      List<Tensors> examples =
          TensorReader.examples(
              mode == RunMode.RAW ? session.rawSignature() : session.signature(), json);
      try (Predictor<Tensors, Tensors> predictor = mode.over(session)) {
        Rounds rounds = Rounds.run(mode, predictor, session, examples, repeat);
        new RunTable(out()).print(session, loadSeconds, mode, rounds);
        printJson(out(), writer -> writeAnswers(writer, rounds, session.integrity()));
      }
    }
  }

  private SessionOptions options() {
    try {
      SessionOptions.Builder builder = SessionOptions.builder().batchAxis(axis);
      if (repeat < 1) {
        throw new IllegalArgumentException("--repeat must be at least 1, got " + repeat);
      }
      Set<String> padded = new HashSet<>();
      for (String pad : pads) {
        int equals = pad.lastIndexOf('='); // names may hold one too
        if (equals < 1) {
          throw new IllegalArgumentException("--pad needs NAME=VALUE, got " + pad);
        }
        String name = pad.substring(0, equals);
        if (!padded.add(name)) {
          throw new IllegalArgumentException("--pad names " + name + " twice");
        }
        builder.pad(name, number(pad.substring(equals + 1)));
      }
      if (tolerance != null) {
        builder.integrity(IntegrityOptions.DEFAULT.withTolerance(tolerance));
      }
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new CommandException(ErrorKind.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("--pad needs a number for a value, got " + text, e);
    }
  }

  private Session load(SessionOptions options) {
    Engine engine =
        Files.isDirectory(model)
            ? new TensorFlowEngine(TensorFlowOptions.builder().trusted(trust).build())
            : new OnnxEngine(OnnxOptions.builder().trustModels(trust).build());
    try {
      return engine.load(ModelSource.file(model), options);
    } catch (IllegalArgumentException e) {
      throw new CommandException(ErrorKind.USAGE, String.valueOf(e.getMessage()), e);
    } catch (LinkageError e) {
      String message = "Cannot load " + model + ": no native library of " + engine + ": " + e;
      throw new CommandException(ErrorKind.MODEL_LOAD, message, e);
    }
  }

  private static void writeAnswers(JsonWriter writer, Rounds rounds, Integrity integrity)
      throws IOException {
    writer.beginObject();
    writer.name("answers").beginArray();
    TensorWriter tensors = new TensorWriter(writer);
    for (Tensors answer : rounds.first().answers()) {
      tensors.write(answer);
    }
    writer.endArray();
    writer.name("differs").beginArray();
    for (int example : rounds.differs()) {
      writer.value(example);
    }
    writer.endArray();
    writer.name("integrity").value(integrity.toString());
    writer.name("keepsState").value(integrity.keepsState());
    writer.name("runs").value(rounds.engineRuns());
    writer.endObject();
  }

  /** What writes one JSON value. */
  private interface JsonBody {
    void write(JsonWriter writer) throws IOException;
  }

  private static void printJson(PrintWriter out, JsonBody body) {
    try {
      JsonWriter writer = new JsonWriter(new LoneSurrogateEscaper(out));
      body.write(writer);
      writer.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a PrintWriter throws none
    }
    out.println();
    out.flush();
  }
}

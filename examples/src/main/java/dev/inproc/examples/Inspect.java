package dev.inproc.examples;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.onnx.quantize.ModelInspector;
import dev.inproc.inference.onnx.quantize.ModelSummary;
import dev.inproc.inference.onnx.quantize.Variants;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Says what an ONNX model is: a table, and a last line of JSON.
 *
 * <pre>{@code
 * ./mvnw -q -pl examples exec:java -Dexec.mainClass=dev.inproc.examples.Inspect \
 *     -Dexec.args="model.onnx"
 * }</pre>
 */
@Command(
    name = "inspect",
    description = "Says what an ONNX model is, or each of a directory's models.",
    mixinStandardHelpOptions = true)
public final class Inspect implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "MODEL", description = "a file, or a directory of some")
  private Path model = Path.of("model.onnx");

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Inspects the file or directory that the arguments name. */
  public static void main(String[] args) {
    int status = new CommandLine(new Inspect()).execute(args);
    if (status != 0) {
      System.exit(status);
    }
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      if (Files.isDirectory(model)) {
        for (Variants.Variant each : Variants.in(model).all()) {
          out.println(each.file().getFileName());
          print(each.file(), each.summary(), out);
          each.notes().forEach(note -> out.println("Note        " + note));
          out.println();
        }
      } else {
        print(model, ModelInspector.inspect(model), out);
      }
    } catch (ModelLoadException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return 1;
    }
    return 0;
  }

  private static void print(Path file, ModelSummary summary, PrintWriter out) {
    out.print(summary);
    out.println(
        new JsonLine()
            .put("file", file.toString())
            .put("precision", summary.precision().toString())
            .put("scheme", summary.scheme())
            .put("parameters", summary.parameters())
            .put("bytes", summary.totalBytes())
            .put("opset", summary.opsets().getOrDefault("", 0L)));
  }
}

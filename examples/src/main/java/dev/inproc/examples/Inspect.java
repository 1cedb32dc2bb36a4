package dev.inproc.examples;

import dev.inproc.inference.onnx.quantize.ModelInspector;
import dev.inproc.inference.onnx.quantize.ModelSummary;
import dev.inproc.inference.onnx.quantize.Precision;
import dev.inproc.inference.onnx.quantize.Variants;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Says what an ONNX model is: a table, and a last line of JSON.
 *
 * <pre>{@code
 * ./mvnw -q -pl examples -am -DskipTests package exec:java \
 *     -Dexec.mainClass=dev.inproc.examples.Inspect \
 *     -Dexec.args="model.onnx"
 * }</pre>
 */
@Command(
    name = "inspect",
    description = "Says what an ONNX model is, or each of a directory's models.")
public final class Inspect extends ModelCommand {
  @Parameters(index = "0", paramLabel = "MODEL", description = "a file, or a directory of some")
  private Path model = Path.of("model.onnx");

  /** Inspects the file or directory that the arguments name. */
  public static void main(String[] args) {
    main(new Inspect(), args);
  }

  @Override
  int run() {
    if (!Files.isDirectory(model)) {
      print(model, ModelInspector.inspect(model), out());
      return 0;
    }
    Variants variants = Variants.in(model);
    for (Variants.Variant each : variants.all()) {
      out().println(System.lineSeparator() + each.file().getFileName());
      each.notes().forEach(note -> out().println("Note        " + note));
      print(each.file(), each.summary(), out());
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
            .put("floatShare", summary.share(Precision.FP32))
            .put("parameters", summary.parameters())
            .put("bytes", summary.totalBytes())
            .put("opset", summary.opsets().getOrDefault("", 0L)));
  }
}

package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.quantize.AccuracyGate;
import dev.inproc.inference.onnx.quantize.AutomaticQuantizer;
import dev.inproc.inference.onnx.quantize.GateReport;
import dev.inproc.inference.onnx.quantize.QuantizationReport;
import dev.inproc.inference.onnx.quantize.QuantizeOptions;
import dev.inproc.inference.onnx.quantize.Quantizer;
import dev.inproc.inference.onnx.quantize.Scheme;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Quantizes an ONNX model and, if asked, compares its answers with the original's: a table, and a
 * last line of JSON. The exit status is 0 if the gate passed or there was none, else 1.
 *
 * <pre>{@code
 * ./mvnw -q -pl examples -am -DskipTests package exec:java \
 *     -Dexec.mainClass=dev.inproc.examples.Quantize \
 *     -Dexec.args="in.onnx out.onnx --scheme rowwise-int8 --gate texts.txt"
 * }</pre>
 */
@Command(name = "quantize", description = "Quantizes an ONNX model and says what that costs.")
public final class Quantize extends ModelCommand {
  @Parameters(index = "0", paramLabel = "IN", description = "the model")
  private Path in = Path.of("in.onnx");

  @Parameters(index = "1", paramLabel = "OUT", description = "where the new one goes")
  private Path target = Path.of("out.onnx");

  @Option(
      names = "--scheme",
      description = "rowwise-int8 (default), dynamic-int8, blockwise-int8 or blockwise-int4")
  private String scheme = Scheme.ROWWISE_INT8.label();

  @Option(names = "--no-embeddings", description = "leave tables for Gather as they are")
  private boolean withoutEmbeddings;

  @Option(
      names = "--unsigned",
      description = "INT8 weights that cannot saturate on x86 processors without VNNI")
  private boolean unsigned;

  @Option(names = "--exclude", description = "a node that stays as it is; may be repeated")
  private Set<String> excluded = new HashSet<>();

  @Option(
      names = "--gate",
      paramLabel = "TEXTS",
      description = "compare with the original on these texts, one a line (sentence encoders)")
  private Optional<Path> texts = Optional.empty();

  @Option(
      names = "--gate-generated",
      paramLabel = "N",
      description = "compare with the original on so many inputs that are made up")
  private int generated;

  @Option(names = "--min-cosine", description = "what the gate demands; default 0.99")
  private double minCosine = 0.99;

  @Option(
      names = "--automatic",
      paramLabel = "N",
      description = "leave out up to N of the most harmful nodes until the gate passes")
  private int automatic;

  /** Quantizes the file that the arguments name. */
  public static void main(String[] args) {
    main(new Quantize(), args);
  }

  @Override
  int run() {
    QuantizeOptions options =
        QuantizeOptions.DEFAULT
            .withScheme(Scheme.of(scheme))
            .withEmbeddings(!withoutEmbeddings)
            .withoutNodes(excluded);
    if (unsigned) {
      options = options.withSignedWeights(false);
    }
    AccuracyGate gate =
        AccuracyGate.DEFAULT
            .withMinCosine(minCosine)
            .withIntegrity(options.scheme() != Scheme.DYNAMIC_INT8);
    if (texts.isEmpty()) {
      QuantizationReport report = Quantizer.quantize(in, target, options);
      return generated == 0 ? done(report) : done(report, onGenerated(gate));
    }
    List<Tensors> examples = examples(texts.get());
    gate = gate.withView(GateTexts::embedding);
    if (automatic > 0) {
      AutomaticQuantizer.Outcome outcome =
          new AutomaticQuantizer(new OnnxEngine(), sessionOptions(), gate, automatic)
              .quantize(in, target, options, examples);
      out().println("Automatic   " + outcome.reason());
      outcome.excluded().forEach(n -> out().println("Left out    " + n));
      return done(outcome.quantization(), outcome.gate());
    }
    QuantizationReport report = Quantizer.quantize(in, target, options);
    try (Session reference = load(in);
        Session candidate = load(target)) {
      return done(report, gate.compare(reference, candidate, examples));
    }
  }

  private GateReport onGenerated(AccuracyGate gate) {
    try (Session reference = new OnnxEngine().load(ModelSource.file(in));
        Session candidate = new OnnxEngine().load(ModelSource.file(target))) {
      return gate.compare(reference, candidate, generated);
    }
  }

  private static SessionOptions sessionOptions() {
    return MiniLm.sessionOptions().build();
  }

  private static Session load(Path model) {
    return new OnnxEngine().load(ModelSource.file(model), sessionOptions());
  }

  private static List<Tensors> examples(Path texts) {
    try (HuggingFaceTokenizer tokenizer = MiniLm.tokenizer()) {
      List<String> lines =
          Files.readAllLines(texts).stream().map(String::strip).filter(s -> !s.isEmpty()).toList();
      return GateTexts.examples(lines, tokenizer);
    } catch (IOException e) {
      throw new UncheckedIOException("Reading " + texts, e);
    }
  }

  private int done(QuantizationReport report) {
    print(report);
    out().println(json(report));
    return 0;
  }

  private int done(QuantizationReport report, GateReport gate) {
    print(report);
    PrintWriter print = out();
    print.println("Gate        " + gate);
    print.println(
        json(report)
            .put("gate", gate.passed() ? "passed" : "failed")
            .put("gateExamples", gate.examples())
            .put("minCosine", gate.minCosine())
            .put("meanCosine", gate.meanCosine())
            .put("maxError", gate.maxError())
            .put("agreement", gate.agreement())
            .put("gateFailures", gate.failures()));
    return gate.passed() ? 0 : 1;
  }

  private void print(QuantizationReport report) {
    PrintWriter print = out();
    print.println("Scheme      " + report.options());
    print.printf(
        "Size        %,d to %,d bytes: %.2f%n",
        report.bytesBefore(), report.bytesAfter(), report.sizeRatio());
    report.changed().forEach(node -> print.println("Changed     " + line(node)));
    report.left().forEach(node -> print.println("Left        " + line(node) + bytes(node)));
    print.printf(
        "FP32        %.1f %% of the weights' bytes stay FP32: %,d of %,d%n",
        100 * report.floatShare(), report.floatBytesAfter(), report.floatBytesBefore());
    print.println("Rewritten   " + report.normalizations() + " layer normalizations");
    print.println("Smoothed    " + report.smoothed() + " activations" + note(report));
  }

  private static String note(QuantizationReport report) {
    return report.note().isEmpty() ? "" : "; " + report.note();
  }

  private static String line(QuantizationReport.Node node) {
    return node.operator() + " " + node.name() + ": " + node.detail();
  }

  private static String bytes(QuantizationReport.Node node) {
    return node.floatBytes() == 0 ? "" : String.format("; %,d bytes of FP32", node.floatBytes());
  }

  private JsonLine json(QuantizationReport report) {
    return new JsonLine()
        .put("scheme", report.options().scheme().label())
        .put("in", in.toString())
        .put("out", target.toString())
        .put("bytesBefore", report.bytesBefore())
        .put("bytesAfter", report.bytesAfter())
        .put("nodesChanged", report.changed().size())
        .put("nodesLeft", report.left().size())
        .put("floatShare", report.floatShare());
  }
}

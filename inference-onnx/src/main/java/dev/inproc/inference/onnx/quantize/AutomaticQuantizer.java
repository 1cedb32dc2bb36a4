package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Quantizes until a gate passes: all nodes first; while the gate fails, the node that does most
 * harm stays FP32 and it is tried again. Immutable.
 *
 * <p>The harm of a node is the least cosine when that node alone is quantized, on up to 16 of the
 * examples; it is measured once, if the first try fails. What depends on batch-mates is not cured
 * by leaving nodes out, so a gate that fails on that alone ends the search at once.
 *
 * @param engine what loads the models, such as {@code new OnnxEngine()}
 * @param session how they are loaded
 * @param gate what has to pass
 * @param maxExcluded how many nodes may stay FP32
 */
public record AutomaticQuantizer(
    Engine engine, SessionOptions session, AccuracyGate gate, int maxExcluded) {
  private static final int EXAMPLES_FOR_HARM = 16; // for each node: the time is nodes × examples

  /** Checks the limit. */
  public AutomaticQuantizer {
    Objects.requireNonNull(engine, "engine");
    Objects.requireNonNull(session, "session");
    Objects.requireNonNull(gate, "gate");
    if (maxExcluded < 0) {
      throw new IllegalArgumentException("maxExcluded is negative: " + maxExcluded);
    }
  }

  /**
   * How it ended.
   *
   * @param passed whether the model written passes the gate
   * @param quantization what was done in the last try
   * @param gate what the gate said of it
   * @param excluded the nodes left out, the most harmful first
   * @param reason in words, why it ended
   */
  public record Outcome(
      boolean passed,
      QuantizationReport quantization,
      GateReport gate,
      List<String> excluded,
      String reason) {}

  /**
   * Quantizes a model. The examples are what the gate compares and what the calibration runs; see
   * {@link QuantizeOptions#withSmoothing}. If no try passes, the model of the last try is kept; the
   * outcome says so.
   */
  public Outcome quantize(Path in, Path out, QuantizeOptions options, List<Tensors> examples) {
    try (Session reference = engine.load(ModelSource.file(in), session)) {
      List<String> excluded = new ArrayList<>();
      QuantizationReport report = Quantizer.quantize(in, out, options, examples);
      GateReport verdict = compare(reference, out, examples);
      List<String> byHarm = List.of();
      while (true) {
        if (verdict.passed()) {
          return new Outcome(true, report, verdict, List.copyOf(excluded), "the gate passed");
        }
        if (excluded.isEmpty() && dependsOnMatesAlone(reference, out, examples)) {
          return failed(report, verdict, excluded, "leaving nodes out does not cure batch-mates");
        }
        if (byHarm.isEmpty()) {
          byHarm = byHarm(reference, in, out, options, report, examples);
        }
        if (excluded.size() == maxExcluded || excluded.size() == byHarm.size()) {
          return failed(
              report, verdict, excluded, excluded.size() + " nodes left out are not enough");
        }
        excluded.add(byHarm.get(excluded.size()));
        Set<String> without = new TreeSet<>(options.withoutNodes());
        without.addAll(excluded);
        report = Quantizer.quantize(in, out, options.withoutNodes(without), examples);
        verdict = compare(reference, out, examples);
      }
    }
  }

  private static Outcome failed(
      QuantizationReport report, GateReport verdict, List<String> excluded, String why) {
    return new Outcome(
        false,
        report,
        verdict,
        List.copyOf(excluded),
        why + ": " + String.join("; ", verdict.failures()));
  }

  private GateReport compare(Session reference, Path candidate, List<Tensors> examples) {
    try (Session session = engine.load(ModelSource.file(candidate), this.session)) {
      return gate.compare(reference, session, examples);
    }
  }

  private boolean dependsOnMatesAlone(Session reference, Path candidate, List<Tensors> examples) {
    try (Session loaded = engine.load(ModelSource.file(candidate), session)) {
      return gate.withIntegrity(false).compare(reference, loaded, examples).passed();
    }
  }

  private record Harm(String node, double cosine) {}

  private List<String> byHarm(
      Session reference,
      Path in,
      Path out,
      QuantizeOptions options,
      QuantizationReport report,
      List<Tensors> examples) {
    List<Tensors> few = examples.subList(0, Math.min(EXAMPLES_FOR_HARM, examples.size()));
    Path trial = out.resolveSibling(out.getFileName() + ".trial");
    // The probe for batch-mates takes seconds, and says nothing of a node's own harm.
    SessionOptions unprobed = session.toBuilder().integrity(IntegrityOptions.skip()).build();
    List<Harm> harms = new ArrayList<>();
    try {
      for (QuantizationReport.Node node : report.changed()) {
        Set<String> others = new TreeSet<>(options.withoutNodes());
        report.changed().forEach(each -> others.add(each.name()));
        others.remove(node.name());
        Quantizer.quantize(in, trial, options.withoutNodes(others), few);
        try (Session loaded = engine.load(ModelSource.file(trial), unprobed)) {
          harms.add(new Harm(node.name(), gate.compare(reference, loaded, few).minCosine()));
        }
      }
    } finally {
      delete(trial);
      delete(trial.resolveSibling(trial.getFileName() + ".data"));
    }
    return harms.stream()
        .sorted(Comparator.comparingDouble(Harm::cosine).thenComparing(Harm::node))
        .map(Harm::node)
        .distinct()
        .toList();
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.CpuFeatures;
import dev.inproc.inference.engine.Device;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The models of one directory that are one model in several precisions, and which of them to serve
 * here. Immutable. What each is comes from its graph; its name counts for the processor that it was
 * made for, and where both disagree that is noted.
 *
 * <pre>{@code
 * Variants.Choice choice = Variants.in(directory)
 *     .pick(Variants.Wish.ESTIMATED_FASTEST, Device.cpu(), variant -> gate.compare(fp32, load(variant), texts));
 * }</pre>
 */
public final class Variants {
  /** What matters most. */
  public enum Wish {
    /**
     * The least time as {@link Variants#estimatedTime} has it, within what the gate allows. Nothing
     * is measured here.
     */
    ESTIMATED_FASTEST,
    /** The fewest bytes, within what the gate allows. */
    SMALLEST,
    /** The most precise one. */
    EXACT
  }

  /**
   * One of the models.
   *
   * @param file where it is
   * @param summary what its graph is
   * @param notes what is odd about it, such as a name that claims another precision
   */
  public record Variant(Path file, ModelSummary summary, List<String> notes) {}

  /**
   * What was picked.
   *
   * @param variant the model, or nothing if none passes
   * @param reasons in words and in order, what was considered and why it was taken or not
   */
  public record Choice(Optional<Variant> variant, List<String> reasons) {}

  private final List<Variant> all;
  private final List<String> unreadable;

  private Variants(List<Variant> all, List<String> unreadable) {
    this.all = List.copyOf(all);
    this.unreadable = List.copyOf(unreadable);
  }

  /** Inspects each file of the directory whose name ends in {@code .onnx}. */
  public static Variants in(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return of(files.filter(Variants::isModel).sorted().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Inspects these files. One that is no model is not considered, and the reasons say so. */
  public static Variants of(List<Path> files) {
    List<Variant> found = new ArrayList<>();
    List<String> unreadable = new ArrayList<>();
    for (Path file : files) {
      try {
        ModelSummary summary = ModelInspector.inspect(file);
        found.add(new Variant(file, summary, notes(file, summary)));
      } catch (ModelLoadException e) {
        unreadable.add(file.getFileName() + ": not considered: " + e.getMessage());
      }
    }
    return new Variants(found, unreadable);
  }

  private static boolean isModel(Path file) {
    return file.toString().endsWith(".onnx");
  }

  private static List<String> notes(Path file, ModelSummary summary) {
    Precision claimed = VariantName.of(String.valueOf(file.getFileName())).precision();
    Precision actual = weights(summary);
    return claimed == null || claimed == actual
        ? List.of()
        : List.of("its name says " + claimed + ", its graph is " + actual);
  }

  /** The least precision that a tenth of the weights have, since embeddings often stay. */
  static Precision weights(ModelSummary summary) {
    long total = summary.weightBytes().values().stream().mapToLong(Long::longValue).sum();
    for (Precision each : List.of(Precision.INT4, Precision.INT8)) {
      if (summary.weightBytes().getOrDefault(each, 0L) * 10 > total) {
        return each;
      }
    }
    return summary.precision();
  }

  /**
   * Returns an estimate of a model's time as a multiple of its FP32 form's: a figure for each
   * {@link Scheme} and precision, measured on another machine with another model. To know, time
   * both.
   */
  public static double estimatedTime(Variant variant, Device device) {
    return TimeEstimate.of(variant.summary(), device.kind().equals("cpu"));
  }

  /** Returns the models, in the order of their names. */
  public List<Variant> all() {
    return all;
  }

  /**
   * Picks the first that fits the device and passes the gate, in the order of the wish.
   *
   * @param gate what is asked about each candidate in turn, until one passes
   */
  public Choice pick(Wish wish, Device device, Function<Variant, GateReport> gate) {
    Objects.requireNonNull(gate, "gate");
    List<String> reasons = new ArrayList<>(unreadable);
    boolean cpu = device.kind().equals("cpu");
    for (Variant variant : all.stream().sorted(order(wish, cpu)).toList()) {
      String name = String.valueOf(variant.file().getFileName());
      variant.notes().forEach(note -> reasons.add(name + ": " + note));
      String misfit = misfit(name, cpu);
      if (!misfit.isEmpty()) {
        reasons.add(name + ": not considered: " + misfit);
        continue;
      }
      GateReport report = gate.apply(variant);
      if (report.passed()) {
        reasons.add(name + ": taken, " + why(wish, variant, device));
        return new Choice(Optional.of(variant), List.copyOf(reasons));
      }
      reasons.add(name + ": its gate failed: " + String.join("; ", report.failures()));
    }
    reasons.add("none is left");
    return new Choice(Optional.empty(), List.copyOf(reasons));
  }

  private static String misfit(String name, boolean cpu) {
    String needed = VariantName.of(name).cpu();
    if (needed == null) {
      return "";
    }
    if (!cpu) {
      return "it is made for a processor with " + needed;
    }
    boolean here =
        needed.equals("aarch64")
            ? CpuFeatures.describe().startsWith("aarch64")
            : CpuFeatures.has(needed);
    return here ? "" : "it is made for " + needed + ", here is " + CpuFeatures.describe();
  }

  private static String why(Wish wish, Variant variant, Device device) {
    ModelSummary summary = variant.summary();
    return switch (wish) {
      case ESTIMATED_FASTEST ->
          String.format(
              Locale.ROOT,
              "estimated the fastest left on %s, %.2f of FP32's time: %s",
              device,
              estimatedTime(variant, device),
              described(summary));
      case SMALLEST -> "the smallest left: " + summary.totalBytes() + " bytes";
      case EXACT -> "the most precise left: " + described(summary);
    };
  }

  private static String described(ModelSummary summary) {
    return summary.scheme().equals("none") ? summary.precision().toString() : summary.scheme();
  }

  private static Comparator<Variant> order(Wish wish, boolean cpu) {
    Comparator<Variant> bySize = Comparator.comparingLong(v -> v.summary().totalBytes());
    Comparator<Variant> byName = Comparator.comparing(Variant::file);
    return switch (wish) {
      case ESTIMATED_FASTEST ->
          Comparator.<Variant>comparingDouble(v -> TimeEstimate.of(v.summary(), cpu))
              .thenComparing(bySize)
              .thenComparing(byName);
      case SMALLEST -> bySize.thenComparing(byName);
      case EXACT ->
          Comparator.<Variant>comparingInt(v -> coarseness(v.summary())).thenComparing(byName);
    };
  }

  private static int coarseness(ModelSummary summary) {
    if (!summary.scheme().equals("none")) {
      return summary.products().containsKey(Precision.INT4) ? 30 : 20;
    }
    return switch (summary.precision()) {
      case FP64 -> 0;
      case FP32 -> 1;
      case FP16 -> 2;
      case BF16 -> 3;
      default -> 10;
    };
  }
}

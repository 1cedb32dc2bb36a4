package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.engine.Device;
import dev.inproc.inference.model.Manifest;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.model.VariantChooser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among the ONNX files that a version's manifest names as its variants, as {@link Variants}
 * does: by their graphs, the device and a gate. What a manifest says of a file's precision counts
 * for nothing but a note where the graph says otherwise.
 *
 * <pre>{@code
 * ModelVersion chosen = version.choose(
 *     new OnnxVariantChooser(), Device.cpu(), VariantChooser.Wish.ESTIMATED_FASTEST);
 * Session session = new OnnxEngine().load(chosen.source());
 * }</pre>
 */
public final class OnnxVariantChooser implements VariantChooser {
  private static final GateReport PUBLISHED =
      new GateReport(
          0,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          Double.NaN,
          "not compared",
          List.of());

  private final BiFunction<ModelVersion, Variants.Variant, GateReport> gate;

  /** Creates one that takes any variant: publishing it says that it is good enough. */
  public OnnxVariantChooser() {
    this((version, variant) -> PUBLISHED);
  }

  /**
   * Creates one with a gate.
   *
   * @param gate what is asked about each candidate in turn, until one passes
   */
  public OnnxVariantChooser(BiFunction<ModelVersion, Variants.Variant, GateReport> gate) {
    this.gate = Objects.requireNonNull(gate, "gate");
  }

  @Override
  public Choice choose(ModelVersion version, Device device, Wish wish) {
    Path directory = version.directory();
    if (directory == null) {
      return new Choice(
          Optional.empty(), List.of(version + " is not on disk: its variants cannot be read"));
    }
    List<Manifest.Variant> named = version.manifest().variants();
    Variants.Choice choice =
        Variants.of(named.stream().map(each -> directory.resolve(each.path())).toList())
            .pick(
                Variants.Wish.valueOf(wish.name()),
                device,
                variant -> gate.apply(version, variant));
    List<String> reasons = new ArrayList<>(choice.reasons());
    Variants.Variant taken = choice.variant().orElse(null);
    Manifest.Variant variant = taken == null ? null : find(named, directory, taken);
    if (taken != null && variant != null) {
      String stated = variant.precision();
      String actual = Variants.weights(taken.summary()).name();
      if (!stated.isEmpty() && !stated.equalsIgnoreCase(actual)) {
        reasons.add(variant.path() + ": its manifest says " + stated + ", its graph is " + actual);
      }
    }
    return new Choice(Optional.ofNullable(variant), reasons);
  }

  private static Manifest.@Nullable Variant find(
      List<Manifest.Variant> named, Path directory, Variants.Variant taken) {
    for (Manifest.Variant each : named) {
      if (directory.resolve(each.path()).equals(taken.file())) {
        return each;
      }
    }
    return null;
  }
}

package dev.inproc.inference.tensor;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The inputs that a model takes and the outputs that it gives, in the model's own order. Immutable.
 *
 * @param inputs what a call must hold
 * @param outputs what an answer holds
 */
public record Signature(List<TensorSpec> inputs, List<TensorSpec> outputs) {
  /** Copies both lists. */
  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * Returns the input of this name.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public TensorSpec input(String name) {
    return find(name, inputs, "input");
  }

  /**
   * Returns the output of this name.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public TensorSpec output(String name) {
    return find(name, outputs, "output");
  }

  private static TensorSpec find(String name, List<TensorSpec> specs, String kind) {
    for (TensorSpec spec : specs) {
      if (spec.name().equals(name)) {
        return spec;
      }
    }
    throw new IllegalArgumentException(
        "No " + kind + " named \"" + name + "\"; the model has " + names(specs));
  }

  private static List<String> names(List<TensorSpec> specs) {
    return specs.stream().map(TensorSpec::name).toList();
  }

  /** Returns one line, such as {@code (x FLOAT32[batch, 16]) -> (y FLOAT32[batch, 1])}. */
  @Override
  public String toString() {
    return line(inputs) + " -> " + line(outputs);
  }

  private static String line(List<TensorSpec> specs) {
    return specs.stream().map(TensorSpec::toString).collect(Collectors.joining(", ", "(", ")"));
  }
}

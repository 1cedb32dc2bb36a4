package dev.inproc.inference.engine;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.engine.BindingPool.PooledBinding;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.function.Function;

/**
 * Proves that every byte of an answer comes from its own run. While the system property {@code
 * inproc.sentinels} is true, a loaded model makes each run twice: the memory lent to the binding,
 * inputs and outputs alike, is filled with one pattern before the first and with another before the
 * second, then the inputs are written. An output that the engine leaves unwritten, or an input
 * region that no code fills, makes the answers differ, and the call fails.
 */
final class Sentinels {
  /** Read when a model is loaded. */
  static final String PROPERTY = "inproc.sentinels";

  /**
   * The patterns differ in every byte. Zero bytes are a plausible value of each type. The second
   * pattern is a large number as a float, and no valid index as an integer.
   */
  private static final byte FIRST = 0;

  private static final byte SECOND = 0x55;

  private Sentinels() {}

  static boolean areOn() {
    return Boolean.getBoolean(PROPERTY);
  }

  /**
   * Does the work twice and returns what it returned.
   *
   * @param work fills the binding, runs it and copies the answers: one, or an array
   * @throws EngineException if the answers differ in a bit
   */
  static <T> T twice(String model, PooledBinding binding, Function<PooledBinding, T> work) {
    binding.fill(FIRST);
    T first = work.apply(binding);
    binding.binding().clear();
    binding.fill(SECOND);
    T second = work.apply(binding);
    Tensors[] expected = answers(first);
    Tensors[] actual = answers(second);
    for (int i = 0; i < expected.length; i++) {
      String where = expected.length == 1 ? "" : " of example " + (i + 1) + "/" + expected.length;
      compare(model, where, expected[i], actual[i]);
    }
    return first;
  }

  private static Tensors[] answers(Object result) {
    return result instanceof Tensors one ? new Tensors[] {one} : (Tensors[]) result;
  }

  private static void compare(String model, String where, Tensors first, Tensors second) {
    for (int output = 0; output < first.size(); output++) {
      if (!first.at(output).equals(second.at(output))) {
        throw EngineException.systemic(
            model
                + ": output \""
                + first.names().get(output)
                + "\""
                + where
                + " differs from one run to the next, "
                + difference(first.at(output), second.at(output))
                + ". The memory lent to the runs held "
                + hex(FIRST)
                + " and "
                + hex(SECOND)
                + " before the inputs were written: the engine left the output unwritten, or read"
                + " what is no part of the inputs. A model that is random or keeps state differs by"
                + " itself: load it without -D"
                + PROPERTY,
            null);
      }
    }
  }

  private static String difference(Tensor first, Tensor second) {
    if (!first.shape().equals(second.shape())) {
      return "in shape, " + first.shape() + " and " + second.shape();
    }
    int element = 0;
    while (bits(first, element).equals(bits(second, element))) {
      element++;
    }
    return "element "
        + element
        + " being "
        + bits(first, element)
        + " and "
        + bits(second, element);
  }

  private static String bits(Tensor tensor, int element) {
    if (tensor.type() == DataType.STRING) {
      return '"' + tensor.getString(element) + '"';
    }
    int size = tensor.type().byteSize();
    StringBuilder bits = new StringBuilder("0x");
    ByteBuffer bytes = ByteBuffer.allocate(size);
    tensor.copyBytes(element * size, size, bytes, 0);
    for (byte each : bytes.array()) {
      bits.append(String.format(Locale.ROOT, "%02x", each));
    }
    return bits.toString();
  }

  private static String hex(byte pattern) {
    return String.format(Locale.ROOT, "0x%02x", pattern);
  }
}

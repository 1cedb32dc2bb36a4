package dev.inproc.inference.testing.contract;

import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.TestDevice;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** What the parts of the contract share. */
interface Contract {
  /** The engine under test. */
  ContractModels models();

  /** Loads on the device under test. */
  default Session load(ModelSource source) {
    return load(source, SessionOptions.builder());
  }

  /** Loads on the device under test. */
  default Session load(ModelSource source, SessionOptions.Builder options) {
    Device device = TestDevice.selected();
    return models().engine().load(source, options.devices(device).build());
  }

  /** Skips the test, aloud. */
  default void skip(String reason) {
    System.out.println("SKIPPED, " + models().engine().name() + ": " + reason);
    Assumptions.abort(reason);
  }

  /** Skips the test, aloud, if the engine lacks this. */
  default void needs(Capability capability) {
    String reason = models().lacks(capability);
    if (reason != null) {
      skip("no " + capability + ": " + reason);
    }
  }

  /** Whether the engine has this. */
  default boolean has(Capability capability) {
    return models().lacks(capability) == null;
  }

  /** Accelerators round products to fewer bits (TF32). */
  default void assertClose(float[] expected, float[] actual) {
    float tolerance = TestDevice.selected().kind().equals("cpu") ? 1e-5f : 1e-2f;
    Assertions.assertArrayEquals(expected, actual, tolerance);
  }

  /** An example of the tiny network. */
  static Tensors row(Random random) {
    float[] values = new float[16];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return x(values);
  }

  /** An example of one input, x. */
  static Tensors x(float... values) {
    return Tensors.of("x", Tensor.of(values));
  }

  /** An example of the masked mean, with this mask. */
  static Tensors text(long[] ids, long[] mask) {
    return Tensors.of("input_ids", Tensor.of(ids), "attention_mask", Tensor.of(mask));
  }

  /** An example of the masked mean without anything masked. */
  static Tensors text(long... ids) {
    long[] mask = new long[ids.length];
    Arrays.fill(mask, 1);
    return text(ids, mask);
  }

  /** An example of the slow model. */
  static Tensors loops(long loops) {
    float[] x = new float[ContractModels.SLOW_WIDTH];
    for (int i = 0; i < x.length; i++) {
      x[i] = i % 5 - 2;
    }
    return Tensors.of("x", Tensor.of(x), "loops", Tensor.of(Shape.scalar(), loops));
  }

  /** A call that lasts, as {@link ContractModels#endlessLoops} says. */
  default Tensors endless() {
    return loops(models().endlessLoops());
  }

  /** A call of the slow model that does not last. */
  static Tensors quick() {
    return loops(2);
  }

  /** Throws unless this answers {@link #quick}. */
  default void assertQuick(Tensors answer) {
    float[] expected = quick().get("x").toFloats();
    float[] actual = answer.get("y").toFloats();
    float tolerance = TestDevice.selected().kind().equals("cpu") ? 1e-3f : 1e-1f;
    Assertions.assertArrayEquals(expected, actual, tolerance);
  }
}

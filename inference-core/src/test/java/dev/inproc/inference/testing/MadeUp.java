package dev.inproc.inference.testing;

import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Inputs that most models take, made of a signature. */
public final class MadeUp {
  private static final int SIZE = 3;

  private MadeUp() {}

  /** Asks a model alone, together and raw, for examples that differ from each other. */
  public static void runEveryWay(Session session) {
    List<Tensors> examples = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      examples.add(inputs(session.signature(), i));
    }
    session.predict(examples.get(0));
    session.predictAll(examples);
    session.runRaw(inputs(session.rawSignature(), 9));
    session.runRaw(inputs(session.rawSignature(), 10));
  }

  /** Inputs for a signature; dimensions of no fixed size have three elements. */
  public static Tensors inputs(Signature signature, int seed) {
    List<String> names = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    for (TensorSpec spec : signature.inputs()) {
      names.add(spec.name());
      tensors.add(tensor(spec, new Random(seed)));
    }
    return Tensors.of(names, tensors.toArray(Tensor[]::new));
  }

  private static Tensor tensor(TensorSpec spec, Random random) {
    long[] dims = new long[spec.hasRank() ? spec.rank() : 0];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = spec.dim(axis) == TensorSpec.DYNAMIC ? SIZE : spec.dim(axis);
    }
    Shape shape = Shape.of(dims);
    int count = (int) shape.elements();
    return switch (spec.type()) {
      case FLOAT32 -> Tensor.of(shape, floats(count, random));
      case FLOAT64 -> Tensor.of(shape, random.doubles(count).toArray());
      case INT64 -> Tensor.of(shape, random.longs(count, 0, 4).toArray());
      case INT32 -> Tensor.of(shape, random.ints(count, 0, 4).toArray());
      case STRING -> Tensor.of(shape, texts(count, random));
      default -> Tensor.fill(spec.type(), shape, bytes -> bytes.put(0, (byte) random.nextInt(2)));
    };
  }

  private static float[] floats(int count, Random random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static String[] texts(int count, Random random) {
    String[] texts = new String[count];
    for (int i = 0; i < count; i++) {
      texts[i] = "text " + random.nextInt(100);
    }
    return texts;
  }
}

package dev.inproc.inference.engine;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.HalfPrecision;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** Gathers examples into a binding's inputs, and cuts the binding's outputs into answers. */
final class Collation {
  private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);
  private static final Object[] NO_OBJECTS = {};

  private final Layout layout;
  private final List<TensorSpec> inputs;
  private final List<Integer> outputs;
  private final List<String> outputNames;
  private final byte[][] padding; // one element for each input, in the machine's byte order

  Collation(Layout layout, List<Integer> outputs, Map<String, Double> padValues) {
    this.layout = layout;
    this.inputs = layout.example().inputs();
    this.outputs = outputs;
    // Not Stream.toList(), whose list may hold nulls: Tensors.of would copy it for each answer.
    outputNames =
        List.copyOf(outputs.stream().map(i -> layout.example().outputs().get(i).name()).toList());
    padding = new byte[inputs.size()][];
    for (int i = 0; i < padding.length; i++) {
      TensorSpec spec = inputs.get(i);
      padding[i] = element(spec.type(), padValues.getOrDefault(spec.name(), 0.0));
    }
  }

  // ---- in ----

  /**
   * Fills the inputs. Rows beyond the examples repeat the first example, whose values are valid
   * inputs.
   */
  void fill(IoBinding binding, int rows, long[] padded, Tensors[] examples, long[][] sizes) {
    for (int input = 0; input < inputs.size(); input++) {
      DataType type = layout.inputType(input);
      Shape shape = layout.inputShape(input, padded);
      if (type == DataType.STRING) {
        binding.setStrings(input, strings(input, rows, shape, examples));
        continue;
      }
      ByteBuffer target = binding.input(input);
      int rowBytes = (int) shape.elements() * type.byteSize();
      for (int row = 0; row < rows; row++) {
        int source = row < examples.length ? row : 0;
        Tensor tensor = tensor(input, examples[source]);
        if (sizes[source] == padded || tensor.shape().equals(shape)) {
          tensor.copyBytes(0, rowBytes, target, row * rowBytes);
        } else {
          pad(tensor, shape, target, row * rowBytes, rowBytes, padding[input]);
        }
      }
    }
  }

  /** Fills a binding whose shapes are the tensors' own. */
  void fillRaw(IoBinding binding, Tensors tensors) {
    for (int input = 0; input < inputs.size(); input++) {
      Tensor tensor = tensor(input, tensors);
      if (tensor.type() == DataType.STRING) {
        Object[] all = new Object[tensor.elements()];
        tensor.copyElements(0, all.length, all, 0);
        binding.setStrings(input, all);
      } else {
        tensor.copyBytes(0, Math.toIntExact(tensor.byteSize()), binding.input(input), 0);
      }
    }
  }

  private Tensor tensor(int input, Tensors example) {
    return layout.find(input, example);
  }

  private static void pad(
      Tensor tensor, Shape shape, ByteBuffer target, int start, int rowBytes, byte[] element) {
    if (rowBytes == 0) {
      return;
    }
    // The buffer holds what the last run left there.
    target.put(start, element);
    for (int done = element.length; done < rowBytes; ) {
      int more = Math.min(done, rowBytes - done);
      target.put(start + done, target, start, more);
      done += more;
    }
    BlockCopy.move(
        tensor.shape(),
        shape,
        element.length,
        (from, to, length) -> tensor.copyBytes(from, length, target, start + to));
  }

  private Object[] strings(int input, int rows, Shape shape, Tensors[] examples) {
    int rowLength = (int) shape.elements();
    Object[] all = new Object[rows * rowLength];
    Arrays.fill(all, "");
    for (int row = 0; row < rows; row++) {
      Tensor tensor = tensor(input, examples[row < examples.length ? row : 0]);
      int start = row * rowLength;
      BlockCopy.move(
          tensor.shape(),
          shape,
          1,
          (from, to, length) -> tensor.copyElements(from, length, all, start + to));
    }
    return all;
  }

  // ---- out ----

  /**
   * Cuts one answer for each example.
   *
   * @throws EngineException if an output does not have one row for each example
   */
  Tensors[] cut(IoBinding binding, int rows, long[] padded, long[][] sizes) {
    Source[] sources = new Source[outputs.size()];
    for (int position = 0; position < sources.length; position++) {
      sources[position] = source(binding, position, rows);
    }
    if (sources.length == 1 && sources[0].type.hasFixedSize() && areAll(padded, sizes)) {
      Source only = sources[0];
      return Tensors.readRows(outputNames.get(0), only.type, only.row, only.bytes, sizes.length);
    }
    Tensors[] answers = new Tensors[sizes.length];
    Cutter cutter = new Cutter(sources, padded, sizes);
    for (int i = 0; i < answers.length; i++) {
      cutter.row = i;
      answers[i] = Tensors.of(outputNames, cutter);
    }
    return answers;
  }

  private static boolean areAll(long[] padded, long[][] sizes) {
    for (long[] own : sizes) {
      if (own != padded && !Arrays.equals(own, padded)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Makes the tensors of one row's answer. One object serves all rows, where a lambda would be
   * allocated for each.
   */
  private final class Cutter implements IntFunction<Tensor> {
    private final Source[] sources;
    private final long[] padded;
    private final long[][] sizes;
    private int row;

    Cutter(Source[] sources, long[] padded, long[][] sizes) {
      this.sources = sources;
      this.padded = padded;
      this.sizes = sizes;
    }

    @Override
    public Tensor apply(int position) {
      Source source = sources[position];
      long[] own = sizes[row];
      return source.cut(row, own == padded ? source.row : own(position, source.row, padded, own));
    }
  }

  private Source source(IoBinding binding, int position, int rows) {
    TensorSpec spec = layout.example().outputs().get(outputs.get(position));
    Shape whole = binding.outputShape(position);
    Shape row = layout.isBatched() ? oneRow(spec, whole, rows) : whole;
    return switch (spec.type()) {
      case STRING -> new Source(spec.type(), row, NO_BYTES, binding.outputStrings(position));
      case SEQUENCE ->
          new Source(spec.type(), row, NO_BYTES, binding.outputTensors(position).toArray());
      default -> new Source(spec.type(), row, binding.output(position), NO_OBJECTS);
    };
  }

  /** An output of a run, row by row. */
  private record Source(DataType type, Shape row, ByteBuffer bytes, Object[] objects) {
    Tensor cut(int index, Shape wanted) {
      if (type == DataType.STRING) {
        return cutStrings(objects, row, index, wanted);
      }
      if (type == DataType.SEQUENCE) {
        return Tensor.sequence(
            Arrays.asList(Arrays.copyOf(objects, objects.length, Tensor[].class)));
      }
      int start = index * (int) row.elements() * type.byteSize();
      if (wanted.equals(row)) {
        return Tensor.read(type, wanted, bytes, start);
      }
      return Tensor.fill(
          type,
          wanted,
          target ->
              BlockCopy.move(
                  row,
                  wanted,
                  type.byteSize(),
                  (from, to, length) -> target.put(to, bytes, start + from, length)));
    }
  }

  private static Shape oneRow(TensorSpec spec, Shape whole, int rows) {
    if (whole.rank() == 0 || whole.dim(0) != rows) {
      throw EngineException.systemic(
          "Output \""
              + spec.name()
              + "\" has shape "
              + whole
              + " for a batch of "
              + rows
              + ": it cannot be cut into answers. If the first dimension of the inputs does not"
              + " count examples, load the model with BatchAxis.NONE",
          null);
    }
    return whole.dropFirst();
  }

  /** The shape of an example's own part of a padded row. */
  private Shape own(int position, Shape row, long[] padded, long[] sizes) {
    if (Arrays.equals(sizes, padded)) {
      return row;
    }
    int output = outputs.get(position);
    Shape foreseen = layout.outputShape(output, padded);
    Shape own = layout.outputShape(output, sizes);
    if (own == null || foreseen == null || !row.equals(foreseen)) {
      throw EngineException.systemic(
          "Output \""
              + outputNames.get(position)
              + "\" has rows of "
              + row
              + " where the signature foretells "
              + foreseen
              + ": padding cannot be cut off. Load the model without pad(...)",
          null);
    }
    return own;
  }

  private static Tensor cutStrings(Object[] all, Shape row, int index, Shape wanted) {
    Object[] cut = new Object[(int) wanted.elements()];
    int start = index * (int) row.elements();
    BlockCopy.move(
        row, wanted, 1, (from, to, length) -> System.arraycopy(all, start + from, cut, to, length));
    return Tensor.ofElements(wanted, cut);
  }

  /** Reads the outputs whole. */
  Tensors cutRaw(IoBinding binding) {
    return Tensors.of(outputNames, position -> whole(binding, position));
  }

  private Tensor whole(IoBinding binding, int position) {
    DataType type = layout.example().outputs().get(outputs.get(position)).type();
    Shape shape = binding.outputShape(position);
    return switch (type) {
      case STRING -> Tensor.ofElements(shape, binding.outputStrings(position));
      case SEQUENCE -> Tensor.sequence(binding.outputTensors(position));
      default -> Tensor.read(type, shape, binding.output(position), 0);
    };
  }

  /** One element of a type, in the machine's byte order. */
  static byte[] element(DataType type, double value) {
    byte[] bytes = new byte[Math.max(1, type.byteSize())];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    switch (type) {
      case FLOAT32 -> buffer.putFloat((float) value);
      case FLOAT64 -> buffer.putDouble(value);
      case FLOAT16 -> buffer.putShort(HalfPrecision.floatToFloat16((float) value));
      case BFLOAT16 -> buffer.putShort(HalfPrecision.floatToBfloat16((float) value));
      case INT64, UINT64 -> buffer.putLong((long) value);
      case INT32 -> buffer.putInt((int) value);
      case UINT32 -> buffer.putInt((int) (long) value);
      case INT16, UINT16 -> buffer.putShort((short) (long) value);
      case INT8, UINT8 -> buffer.put((byte) (long) value);
      case BOOL -> buffer.put((byte) (value == 0 ? 0 : 1));
      case STRING, SEQUENCE -> {} // text is padded with ""; a sequence is never an input
    }
    return bytes;
  }
}

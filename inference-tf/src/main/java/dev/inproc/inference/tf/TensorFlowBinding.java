package dev.inproc.inference.tf;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_AllocateTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Dim;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetCode;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Message;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NumDims;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OK;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SessionRun;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorByteSize;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorData;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorType;

import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.Deallocator_Pointer_long_Pointer;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.TF_Tensor;

/**
 * One run's tensors and the native arrays that hold them, made once. Inputs lie in lent memory that
 * TensorFlow reads where it is. Outputs are TensorFlow's own, read where they are, until {@link
 * #clear}. An output that is an input of the signature is that input's tensor: TensorFlow does not
 * fetch what it is fed.
 *
 * <p><b>May an input's memory be written again after a run?</b> TensorFlow forwards buffers from
 * operator to operator, but writes only into a buffer with no other holder, and this binding holds
 * its inputs; an output may <em>be</em> an input, and is read before that is written again. A
 * variable or table, however, may keep the buffer itself for its value. Where a signature has
 * operators that can, each run gets a copy in memory of TensorFlow's own.
 */
final class TensorFlowBinding implements IoBinding {
  private static final long MOST = Integer.MAX_VALUE - 8L; // the largest array of common JVMs
  private static final int ALIGNMENT = 64; // TensorFlow silently copies what is not so aligned

  /** Lent memory is not TensorFlow's to free. One for all, held here: native code calls it. */
  private static final Deallocator_Pointer_long_Pointer KEEP =
      new Deallocator_Pointer_long_Pointer() {
        @Override
        public void call(Pointer data, long length, Pointer argument) {}
      };

  private final TensorFlowModel model;
  private final List<Shape> inputShapes;
  private final @Nullable ByteBuffer[] inputs;
  private final @Nullable TF_Tensor[] inputTensors;
  private final PointerPointer<TF_Tensor> inputArray;
  private final List<TensorSpec> outputs = new ArrayList<>();
  private final int[] passedInputs; // by output: the input that it is, or -1 if it is fetched
  private final int fetched;
  private final TF_Output fetches;
  private final PointerPointer<TF_Tensor> outputArray;
  private final @Nullable TF_Tensor[] outputTensors;
  private final TF_Status status = TF_NewStatus();

  TensorFlowBinding(TensorFlowModel model, BindingSpec planned) {
    this.model = model;
    inputShapes = planned.inputShapes();
    inputs = new @Nullable ByteBuffer[inputShapes.size()];
    inputTensors = new @Nullable TF_Tensor[inputs.length];
    inputArray = new PointerPointer<>(Math.max(1, inputs.length));
    passedInputs = planned.outputs().stream().mapToInt(model::passedInput).toArray();
    List<TensorSpec> wanted = new ArrayList<>();
    for (int i = 0; i < passedInputs.length; i++) {
      outputs.add(model.signature().outputs().get(planned.outputs().get(i)));
      if (passedInputs[i] < 0) {
        wanted.add(outputs.get(i));
      }
    }
    fetched = wanted.size();
    outputArray = new PointerPointer<>(Math.max(1, fetched));
    outputTensors = new @Nullable TF_Tensor[outputs.size()];
    fetches = model.fetches(wanted);
    boolean opened = false;
    try {
      for (int i = 0; i < inputs.length; i++) {
        openInput(i, planned);
      }
      opened = true;
    } finally {
      if (!opened) {
        close();
      }
    }
  }

  private void openInput(int index, BindingSpec planned) {
    DataType type = type(index);
    if (type == DataType.STRING) {
      return;
    }
    int size = Math.toIntExact(inputShapes.get(index).elements() * type.byteSize());
    if (model.keepsInputs()) {
      inputs[index] = planned.memory().apply(size);
      return;
    }
    ByteBuffer lent = planned.memory().apply(Math.addExact(size, ALIGNMENT));
    int start = (ALIGNMENT - lent.alignmentOffset(0, ALIGNMENT)) % ALIGNMENT;
    ByteBuffer bytes = lent.slice(start, size).order(ByteOrder.nativeOrder());
    inputs[index] = bytes;
    long[] dims = inputShapes.get(index).dims();
    Pointer memory = new Pointer(bytes);
    int tensorType = TensorFlowTypes.toTensorFlow(type);
    setInput(index, TF_NewTensor(tensorType, dims, dims.length, memory, size, KEEP, null));
  }

  private DataType type(int input) {
    return model.signature().inputs().get(input).type();
  }

  private void setInput(int index, TF_Tensor tensor) {
    TF_Tensor last = inputTensors[index];
    inputTensors[index] = tensor;
    inputArray.put(index, tensor);
    if (last != null) {
      TF_DeleteTensor(last);
    }
  }

  @Override
  public ByteBuffer input(int index) {
    return Objects.requireNonNull(inputs[index], "an input of strings has no bytes");
  }

  @Override
  public void setStrings(int index, Object[] values) {
    setInput(index, NativeStrings.write(values, inputShapes.get(index).dims()));
  }

  @Override
  public void run() {
    if (model.keepsInputs()) {
      copyInputs();
    }
    if (fetched == 0) {
      return; // TensorFlow refuses to run for nothing
    }
    TF_SessionRun(
        model.session(),
        model.runOptions(),
        model.feeds(),
        inputArray,
        inputs.length,
        fetches,
        outputArray,
        fetched,
        (PointerPointer<TF_Operation>) null,
        0,
        null,
        status);
    if (TF_GetCode(status) != TF_OK) {
      throw model.failure(TF_Message(status).getString(StandardCharsets.UTF_8));
    }
    for (int i = 0, next = 0; i < outputTensors.length; i++) {
      if (passedInputs[i] < 0) {
        outputTensors[i] = new TF_Tensor(outputArray.get(next++));
      }
    }
  }

  private void copyInputs() {
    for (int i = 0; i < inputs.length; i++) {
      ByteBuffer bytes = inputs[i];
      if (bytes != null) {
        long[] dims = inputShapes.get(i).dims();
        int size = Math.toIntExact(inputShapes.get(i).elements() * type(i).byteSize());
        int tensorType = TensorFlowTypes.toTensorFlow(type(i));
        TF_Tensor tensor = TF_AllocateTensor(tensorType, dims, dims.length, size);
        Pointer.memcpy(TF_TensorData(tensor), new Pointer(bytes), size);
        setInput(i, tensor);
      }
    }
  }

  private TF_Tensor outputTensor(int position) {
    int passed = passedInputs[position];
    TF_Tensor tensor = passed < 0 ? outputTensors[position] : inputTensors[passed];
    return Objects.requireNonNull(tensor, "not run");
  }

  @Override
  public Shape outputShape(int position) {
    TF_Tensor tensor = outputTensor(position);
    DataType declared = outputs.get(position).type();
    if (TF_TensorType(tensor) != TensorFlowTypes.toTensorFlow(declared)) {
      throw model.failure(
          "output " + outputs.get(position) + " came as type " + TF_TensorType(tensor));
    }
    long[] dims = new long[TF_NumDims(tensor)];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = TF_Dim(tensor, axis);
    }
    return Shape.of(dims);
  }

  @Override
  public ByteBuffer output(int position) {
    TF_Tensor tensor = outputTensor(position);
    long size = TF_TensorByteSize(tensor);
    if (size == 0) {
      return ByteBuffer.allocate(0).order(ByteOrder.nativeOrder());
    }
    requireFits(position, size, "bytes");
    return TF_TensorData(tensor).capacity(size).asByteBuffer().order(ByteOrder.nativeOrder());
  }

  private void requireFits(int position, long size, String unit) {
    if (size > MOST) {
      throw model.failure(
          "output "
              + outputs.get(position)
              + " has "
              + size
              + " "
              + unit
              + "; a tensor holds at most "
              + MOST);
    }
  }

  @Override
  public Object[] outputStrings(int position) {
    long count = outputShape(position).elements();
    requireFits(position, count, "strings");
    return NativeStrings.read(
        outputTensor(position),
        (int) count,
        length -> requireFits(position, length, "bytes in one string"));
  }

  /** TensorFlow's C API cannot stop one run among others. */
  @Override
  public void terminate() {}

  @Override
  public void clear() {
    for (int i = 0; i < outputTensors.length; i++) {
      TF_Tensor tensor = outputTensors[i];
      if (tensor != null) {
        outputTensors[i] = null;
        TF_DeleteTensor(tensor);
      }
    }
  }

  @Override
  public void close() {
    clear();
    for (TF_Tensor tensor : inputTensors) {
      if (tensor != null) {
        TF_DeleteTensor(tensor);
      }
    }
    inputArray.close();
    outputArray.close();
    fetches.close();
    TF_DeleteStatus(status);
  }
}

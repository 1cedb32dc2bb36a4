package dev.inproc.inference.onnx;

import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One run's tensors, made once. Inputs are native tensors over lent memory. Outputs of a foreseen
 * shape are <em>pinned</em>: ONNX Runtime writes them straight into lent memory, ten times cheaper
 * than copying them out of its own. The others are asked for and copied: outputs of no foreseen
 * shape, and outputs that are inputs of the graph, which ONNX Runtime does not write.
 *
 * <p>A model's graph may contradict its own signature. ONNX Runtime then refuses the pinned tensor;
 * the output is never pinned again and the run is made once more.
 */
final class OnnxBinding implements IoBinding {
  private final OnnxModel model;
  private final OrtSession.RunOptions runOptions;
  private final List<Shape> inputShapes;
  private final @Nullable ByteBuffer[] inputs;
  private final Map<String, OnnxTensor> inputTensors = new LinkedHashMap<>();
  private final List<TensorSpec> outputs = new ArrayList<>();
  private final Output[] results;
  private final Map<String, OnnxTensor> pinned = new LinkedHashMap<>();
  private final Set<String> requested = new LinkedHashSet<>();
  private OrtSession.@Nullable Result result;
  private boolean plain = true; // whether all text given for this run is
  private volatile boolean terminated;
  private boolean closed; // guarded by this

  /** One wanted output: where its pinned memory is, or what was read of the last run's. */
  private static final class Output {
    @Nullable ByteBuffer pinnedBytes;
    @Nullable Shape pinnedShape;
    OutputValues.@Nullable Values values;
  }

  OnnxBinding(OnnxModel model, BindingSpec wanted) throws OrtException {
    this.model = model;
    inputShapes = wanted.inputShapes();
    inputs = new @Nullable ByteBuffer[inputShapes.size()];
    results = new Output[wanted.outputs().size()];
    runOptions = model.newRunOptions();
    boolean opened = false;
    try {
      openInputs(wanted);
      openOutputs(wanted);
      opened = true;
    } finally {
      if (!opened) {
        close();
      }
    }
  }

  private void openInputs(BindingSpec wanted) throws OrtException {
    for (int i = 0; i < inputs.length; i++) {
      TensorSpec spec = model.signature().inputs().get(i);
      if (spec.type() != DataType.STRING) {
        ByteBuffer bytes = allocate(wanted, spec.type(), inputShapes.get(i));
        inputs[i] = bytes;
        inputTensors.put(model.nativeInput(i), tensor(bytes, inputShapes.get(i), spec.type()));
      }
    }
  }

  private void openOutputs(BindingSpec wanted) throws OrtException {
    for (int i = 0; i < results.length; i++) {
      TensorSpec spec = model.signature().outputs().get(wanted.outputs().get(i));
      outputs.add(spec);
      results[i] = new Output();
      Shape shape = wanted.outputShapes().get(i);
      String name = model.nativeOutput(spec.name());
      boolean foreseen = shape != null && shape.elements() > 0 && OnnxTypes.isMade(spec.type());
      if (foreseen && model.mayPin(spec.name())) {
        ByteBuffer bytes = allocate(wanted, spec.type(), shape);
        results[i].pinnedBytes = bytes;
        results[i].pinnedShape = shape;
        pinned.put(name, tensor(bytes, shape, spec.type()));
      } else {
        requested.add(name);
      }
    }
  }

  private static ByteBuffer allocate(BindingSpec wanted, DataType type, Shape shape) {
    return wanted.memory().apply(Math.toIntExact(shape.elements() * type.byteSize()));
  }

  private OnnxTensor tensor(ByteBuffer bytes, Shape shape, DataType type) throws OrtException {
    return OnnxTensor.createTensor(
        model.environment(), bytes, shape.dims(), OnnxTypes.toOnnx(type));
  }

  @Override
  public ByteBuffer input(int index) {
    return Objects.requireNonNull(inputs[index], "an input of strings has no bytes");
  }

  @Override
  public void setStrings(int index, Object[] values) {
    String name = model.nativeInput(index);
    long[] dims = inputShapes.get(index).dims();
    boolean allPlain = Arrays.stream(values).allMatch(PlainText::isPlain);
    plain &= allPlain;
    try {
      OnnxTensor tensor =
          allPlain
              ? OnnxTensor.createTensor(model.environment(), copy(values), dims)
              : model.exactText().create(values, dims);
      OnnxTensor last = inputTensors.put(name, tensor);
      if (last != null) {
        last.close();
      }
    } catch (OrtException e) {
      throw model.failure(e);
    }
  }

  private static String[] copy(Object[] strings) {
    return Arrays.copyOf(strings, strings.length, String[].class);
  }

  @Override
  public void run() {
    // Each failed attempt unpins at least one output.
    for (int attempts = pinned.size(); ; attempts--) {
      try {
        result = model.session().run(inputTensors, requested, pinned, runOptions);
        return;
      } catch (OrtException e) {
        if (attempts == 0 || terminated || !unpinRefused(String.valueOf(e.getMessage()))) {
          throw model.failure(e);
        }
      }
    }
  }

  /** Unpins the outputs that ONNX Runtime's message names as of another shape than foreseen. */
  private boolean unpinRefused(String message) {
    boolean refused = false;
    for (int i = 0; i < results.length; i++) {
      String name = model.nativeOutput(outputs.get(i).name());
      boolean named =
          message.contains("OrtValue provided for output '" + name + "'")
              || message.contains("Invalid rank for output: " + name + " ");
      if (named && results[i].pinnedBytes != null) {
        OnnxTensor tensor = pinned.remove(name);
        if (tensor != null) {
          tensor.close();
        }
        results[i].pinnedBytes = null;
        results[i].pinnedShape = null;
        requested.add(name);
        model.neverPin(outputs.get(i).name());
        refused = true;
      }
    }
    return refused;
  }

  @Override
  public Shape outputShape(int position) {
    Shape shape = results[position].pinnedShape;
    return shape != null ? shape : values(position).shape();
  }

  @Override
  public ByteBuffer output(int position) {
    ByteBuffer bytes = results[position].pinnedBytes;
    return bytes != null ? bytes : Objects.requireNonNull(values(position).bytes());
  }

  @Override
  public Object[] outputStrings(int position) {
    return Objects.requireNonNull(values(position).strings());
  }

  @Override
  public List<Tensor> outputTensors(int position) {
    return Objects.requireNonNull(values(position).tensors());
  }

  private OutputValues.Values values(int position) {
    OutputValues.Values read = results[position].values;
    if (read == null) {
      read = read(position);
      results[position].values = read;
    }
    return read;
  }

  private OutputValues.Values read(int position) {
    OrtSession.Result last = Objects.requireNonNull(result, "not run");
    TensorSpec spec = outputs.get(position);
    OnnxValue value =
        last.get(model.nativeOutput(spec.name()))
            .orElseThrow(() -> new EngineException("No output \"" + spec.name() + "\"", null));
    boolean exact = !plain || !model.hasPlainText();
    OutputValues values = new OutputValues(spec, exact ? model.exactText() : null);
    try {
      if (value instanceof OnnxTensor tensor) {
        return values.ofTensor(tensor);
      }
      if (value instanceof OnnxSequence sequence) {
        return spec.type() == DataType.SEQUENCE
            ? values.ofTensors(sequence)
            : values.ofMaps(sequence);
      }
      throw new EngineException("Output " + spec + " came as " + value.getInfo(), null);
    } catch (OrtException e) {
      throw model.failure(e);
    }
  }

  @Override
  public synchronized void terminate() {
    if (!closed) {
      terminated = true;
      setTerminate(true);
    }
  }

  private void setTerminate(boolean terminate) {
    try {
      runOptions.setTerminate(terminate);
    } catch (OrtException e) {
      throw model.failure(e);
    }
  }

  @Override
  public void clear() {
    if (result != null) {
      result.close();
      result = null;
    }
    if (!requested.isEmpty()) {
      for (Output output : results) {
        output.values = null;
      }
    }
    plain = true;
    if (terminated) {
      terminated = false;
      setTerminate(false);
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (result != null) {
      result.close();
    }
    inputTensors.values().forEach(OnnxTensor::close);
    pinned.values().forEach(OnnxTensor::close);
    runOptions.close();
  }
}

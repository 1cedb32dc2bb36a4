package dev.inproc.inference.tf;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_CloseSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteBuffer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GraphOperationByName;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewBufferFromString;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OperationNumOutputs;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tf.SavedModelGraph.SignatureInfo;
import dev.inproc.inference.tf.SavedModelGraph.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_Status;

/**
 * A session of TensorFlow's C API with one signature's tensors looked up. The C API, since its call
 * with everything prepared takes a fifth of the Java API's session runner or function call.
 */
final class TensorFlowModel implements NativeModel {
  private final String name;
  private final TF_Graph graph;
  private final TF_Session session;
  private final Signature signature;
  private final Set<String> unusedInputs;
  private final SignatureInfo info;
  private final Map<String, String> metadata;
  private final String runtime;
  private final boolean keepsInputs;
  private final Statefulness statefulness;
  private final Map<String, String> unreadableOutputs;
  private final int[] passedInputs;
  private final TF_Output feeds;
  private final TF_Buffer runOptions;

  TensorFlowModel(
      String name,
      TF_Graph graph,
      TF_Session session,
      Signature signature,
      Set<String> unusedInputs,
      SignatureInfo info,
      Map<String, String> metadata,
      String runtime,
      Set<String> operators,
      Map<String, String> unreadableOutputs) {
    this.name = name;
    this.graph = graph;
    this.session = session;
    this.signature = signature;
    this.unusedInputs = unusedInputs;
    this.info = info;
    this.metadata = metadata;
    this.runtime = runtime;
    keepsInputs = operators.stream().anyMatch(Operators::keepsTensors);
    statefulness = Operators.statefulness(operators);
    this.unreadableOutputs = unreadableOutputs;
    passedInputs = signature.outputs().stream().mapToInt(this::inputOf).toArray();
    feeds = tensors(signature.inputs(), info.inputs());
    boolean opened = false;
    try {
      tensors(signature.outputs(), info.outputs()).close(); // whether they are all there
      opened = true;
    } finally {
      if (!opened) {
        feeds.close();
      }
    }
    byte[] options = SessionConfig.run();
    try (BytePointer bytes = new BytePointer(options)) {
      runOptions = TF_NewBufferFromString(bytes, options.length);
    }
  }

  private TF_Output tensors(List<TensorSpec> specs, Map<String, TensorInfo> infos) {
    TF_Output outputs = new TF_Output(Math.max(1, specs.size()));
    boolean found = false;
    try {
      for (int i = 0; i < specs.size(); i++) {
        TensorInfo each = infos.get(specs.get(i).name());
        find(each == null ? "" : each.tensor(), outputs.position(i));
      }
      found = true;
    } finally {
      outputs.position(0);
      if (!found) {
        outputs.close();
      }
    }
    return outputs;
  }

  private void find(String tensor, TF_Output output) {
    String operation = SavedModelGraph.nodeOf(tensor);
    byte[] operationName = (operation + '\0').getBytes(StandardCharsets.ISO_8859_1);
    TF_Operation found;
    try (BytePointer bytes = new BytePointer(operationName)) {
      found = TF_GraphOperationByName(graph, bytes);
    }
    int index = indexOf(tensor);
    if (found == null || found.isNull() || index < 0 || index >= TF_OperationNumOutputs(found)) {
      throw new ModelLoadException(
          name, "its signature names the tensor \"" + tensor + "\", which is not there", null);
    }
    output.oper(found);
    output.index(index);
  }

  /** Which of its operation's outputs a tensor is; -1 where its name does not say. */
  private static int indexOf(String tensor) {
    int colon = tensor.lastIndexOf(':');
    try {
      return colon < 0 ? 0 : Integer.parseInt(tensor.substring(colon + 1));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** The place of the input that is the very tensor of an output, or -1. */
  private int inputOf(TensorSpec output) {
    for (int i = 0; i < signature.inputs().size(); i++) {
      if (areSame(
          info.inputs().get(signature.inputs().get(i).name()), info.outputs().get(output.name()))) {
        return i;
      }
    }
    return -1;
  }

  private static boolean areSame(@Nullable TensorInfo input, @Nullable TensorInfo output) {
    return input != null
        && output != null
        && SavedModelGraph.nodeOf(input.tensor()).equals(SavedModelGraph.nodeOf(output.tensor()))
        && indexOf(input.tensor()) == indexOf(output.tensor());
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public Map<String, String> unreadableOutputs() {
    return unreadableOutputs;
  }

  @Override
  public Set<String> unusedInputs() {
    return unusedInputs;
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public String runtime() {
    return runtime;
  }

  @Override
  public Statefulness statefulness() {
    return statefulness;
  }

  @Override
  public IoBinding open(BindingSpec spec) {
    return new TensorFlowBinding(this, spec);
  }

  TF_Session session() {
    return session;
  }

  /** The tensors that inputs go to, in the signature's order. */
  TF_Output feeds() {
    return feeds;
  }

  TF_Output fetches(List<TensorSpec> outputs) {
    return tensors(outputs, info.outputs());
  }

  /**
   * Which input the output at this place of the signature is, or -1. TensorFlow fetches no tensor
   * that it is fed.
   */
  int passedInput(int output) {
    return passedInputs[output];
  }

  TF_Buffer runOptions() {
    return runOptions;
  }

  /** Whether an input's memory must not be written again after a run. */
  boolean keepsInputs() {
    return keepsInputs;
  }

  EngineException failure(String message) {
    return new EngineException(name + ": " + message, null);
  }

  @Override
  public void close() {
    delete(session);
    TF_DeleteGraph(graph);
    TF_DeleteBuffer(runOptions);
    feeds.close();
  }

  static void delete(TF_Session session) {
    TF_Status status = TF_NewStatus();
    TF_CloseSession(session, status);
    TF_DeleteSession(session, status);
    TF_DeleteStatus(status);
  }
}

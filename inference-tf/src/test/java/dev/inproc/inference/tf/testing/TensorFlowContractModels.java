package dev.inproc.inference.tf.testing;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_AllocateTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_FLOAT;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorData;

import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.testing.TestDevice;
import dev.inproc.inference.testing.contract.Capability;
import dev.inproc.inference.testing.contract.ContractModels;
import dev.inproc.inference.tf.TensorFlowEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/** The contract's models as SavedModels. */
public final class TensorFlowContractModels implements ContractModels {
  private static final int LEAK = 256; // floats

  private final WrittenModels written = new WrittenModels();

  /** Creates them; each is written to a temporary folder when it is first asked for. */
  public TensorFlowContractModels() {}

  @Override
  public Engine engine() {
    return new TensorFlowEngine();
  }

  @Override
  public @Nullable String lacks(Capability capability) {
    boolean cpu = TestDevice.selected().kind().equals("cpu");
    return switch (capability) {
      case STOPS_RUNS -> "TensorFlow's C API cannot stop one run among others";
      case REFUSES_BAD_IDS ->
          cpu ? null : "GatherV2 checks ids on the CPU only; on GPUs it answers zeros";
      case STRING_OUTPUTS, FIXED_BATCH, DATA_DEPENDENT_SHAPES -> null;
    };
  }

  @Override
  public ModelSource tinyMlp() {
    return written.get("tiny", SavedModels::tinyMlp);
  }

  @Override
  public float[] tinyMlpReference(float[] rows) {
    return SavedModels.tinyMlpReference(rows);
  }

  @Override
  public ModelSource maskedMean() {
    return written.get("masked-mean", SavedModels::maskedMean);
  }

  @Override
  public float[] maskedMeanReference(long[] ids, long[] mask) {
    return SavedModels.maskedMeanReference(ids, mask);
  }

  @Override
  public ModelSource gather() {
    return written.get("gather", SavedModels::gather);
  }

  @Override
  public ModelSource ledger() {
    return written.get("ledger", SavedModels::ledger);
  }

  @Override
  public ModelSource passThrough() {
    return written.get("pass-through", SavedModels::passThrough);
  }

  @Override
  public ModelSource identity(DataType type) {
    return written.get("identity-" + type, () -> SavedModels.identity(type));
  }

  @Override
  public ModelSource stringLabels() {
    return written.get("string-labels", SavedModels::stringLabels);
  }

  @Override
  public ModelSource slow() {
    return written.get("slow", SavedModels::slow);
  }

  @Override
  public long endlessLoops() {
    return SlowRuns.LOOPS;
  }

  @Override
  public ModelSource fixedBatch(int rows) {
    return written.get("fixed-batch-" + rows, () -> SavedModels.fixedBatch(rows));
  }

  @Override
  public ModelSource noBatchAxis() {
    return written.get("no-batch-axis", SavedModels::noBatchAxis);
  }

  @Override
  public ModelSource scalarOutput() {
    return written.get("scalar-output", SavedModels::scalarOutput);
  }

  @Override
  public ModelSource twoInputs() {
    return written.get("two-inputs", SavedModels::twoInputs);
  }

  @Override
  public ModelSource dataDependent() {
    return written.get("data-dependent", SavedModels::dataDependent);
  }

  @Override
  public ModelSource keyCache() {
    return written.get("key-cache", () -> SavedModels.keyCache());
  }

  @Override
  public ModelSource batchedKeyCache() {
    return written.get("batched-key-cache", () -> SavedModels.keyCache(-1));
  }

  @Override
  public ModelSource namesakes() {
    return written.get("namesakes", SavedModels::namesakes);
  }

  @Override
  public ModelSource scores() {
    return written.get("scores", SavedModels::scores);
  }

  @Override
  public ModelSource unusedInput() {
    return written.get("unused-input", SavedModels::unusedInput);
  }

  @Override
  public ModelSource anyShape() {
    return written.get("any-shape", SavedModels::anyShape);
  }

  private static ModelSource file(Path directory, String name, byte[] graph) throws IOException {
    Path model = Files.createDirectory(directory.resolve(name));
    Files.write(model.resolve("saved_model.pb"), graph);
    return ModelSource.file(model);
  }

  @Override
  public ModelSource corrupt(Path directory) throws IOException {
    byte[] graph = SavedModels.tinyMlp().node("MatMul", "odd", "x nowhere").bytes();
    return file(directory, "corrupt", graph);
  }

  @Override
  public ModelSource truncated(Path directory) throws IOException {
    byte[] whole = SavedModels.tinyMlp().bytes();
    return file(directory, "truncated", Arrays.copyOf(whole, whole.length / 2));
  }

  @Override
  public ModelSource empty(Path directory) throws IOException {
    return ModelSource.file(Files.createDirectory(directory.resolve("nothing-inside")));
  }

  @Override
  public ModelSource missing(Path directory) {
    return ModelSource.file(directory.resolve("nowhere"));
  }

  @Override
  public ModelSource wrongKind(Path directory) throws IOException {
    byte[] page = "<html>404 Not Found</html>".getBytes(StandardCharsets.UTF_8);
    return file(directory, "page", page);
  }

  /** Nobody but its owner frees a tensor of the C API; this one has none. */
  @Override
  public void leak() {
    long[] dims = {LEAK};
    long bytes = LEAK * (long) Float.BYTES;
    Pointer.memset(TF_TensorData(TF_AllocateTensor(TF_FLOAT, dims, 1, bytes)), 1, bytes);
  }
}

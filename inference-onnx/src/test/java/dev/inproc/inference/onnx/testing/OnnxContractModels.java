package dev.inproc.inference.onnx.testing;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.testing.TestDevice;
import dev.inproc.inference.testing.contract.Capability;
import dev.inproc.inference.testing.contract.ContractModels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The contract's models in ONNX. */
public final class OnnxContractModels implements ContractModels {
  private static final int LEAK = 700;

  /** Creates them. */
  public OnnxContractModels() {}

  private static ModelSource source(String name, byte[] model) {
    return ModelSource.bytes(name, model);
  }

  @Override
  public Engine engine() {
    return new OnnxEngine();
  }

  @Override
  public @Nullable String lacks(Capability capability) {
    boolean cpu = TestDevice.selected().kind().equals("cpu");
    if (capability == Capability.REFUSES_BAD_IDS && !cpu) {
      return "Gather checks ids on the CPU only; on GPUs it answers zeros";
    }
    return null;
  }

  @Override
  public ModelSource tinyMlp() {
    return source("tiny", Models.tinyMlp());
  }

  @Override
  public float[] tinyMlpReference(float[] rows) {
    return Models.tinyMlpReference(rows);
  }

  @Override
  public ModelSource maskedMean() {
    return source("masked-mean", Models.maskedMean(VOCABULARY, WIDTH));
  }

  @Override
  public float[] maskedMeanReference(long[] ids, long[] mask) {
    return Models.maskedMeanReference(VOCABULARY, WIDTH, ids, mask);
  }

  @Override
  public ModelSource gather() {
    return source("gather", Models.gather(VOCABULARY, WIDTH));
  }

  @Override
  public ModelSource ledger() {
    return source("ledger", Models.ledger());
  }

  @Override
  public ModelSource passThrough() {
    return source("pass-through", Models.passThrough());
  }

  @Override
  public ModelSource identity(DataType type) {
    int onnx =
        switch (type) {
          case FLOAT32 -> TensorProto.DataType.FLOAT_VALUE;
          case FLOAT64 -> TensorProto.DataType.DOUBLE_VALUE;
          case FLOAT16 -> TensorProto.DataType.FLOAT16_VALUE;
          case BFLOAT16 -> TensorProto.DataType.BFLOAT16_VALUE;
          case INT8 -> TensorProto.DataType.INT8_VALUE;
          case INT16 -> TensorProto.DataType.INT16_VALUE;
          case INT32 -> TensorProto.DataType.INT32_VALUE;
          case INT64 -> TensorProto.DataType.INT64_VALUE;
          case UINT8 -> TensorProto.DataType.UINT8_VALUE;
          case UINT16 -> TensorProto.DataType.UINT16_VALUE;
          case UINT32 -> TensorProto.DataType.UINT32_VALUE;
          case UINT64 -> TensorProto.DataType.UINT64_VALUE;
          case BOOL -> TensorProto.DataType.BOOL_VALUE;
          case STRING -> TensorProto.DataType.STRING_VALUE;
          case SEQUENCE -> throw new IllegalArgumentException("no input is a sequence");
        };
    return source("identity-" + type, Models.identity(onnx));
  }

  @Override
  public ModelSource stringLabels() {
    return source("string-labels", Models.stringLabels());
  }

  @Override
  public ModelSource slow() {
    return source("slow", Models.loop(SLOW_WIDTH));
  }

  @Override
  public long endlessLoops() {
    return 1L << 40;
  }

  @Override
  public ModelSource fixedBatch(int rows) {
    return source("fixed-batch-" + rows, Models.fixedBatch(rows));
  }

  @Override
  public ModelSource noBatchAxis() {
    return source("no-batch-axis", Models.noBatchAxis());
  }

  @Override
  public ModelSource scalarOutput() {
    return source("scalar-output", Models.scalarOutput());
  }

  @Override
  public ModelSource twoInputs() {
    return source("two-inputs", Models.twoInputs());
  }

  @Override
  public ModelSource dataDependent() {
    return source("data-dependent", Models.dataDependent());
  }

  @Override
  public ModelSource keyCache() {
    return source("key-cache", Shapes.keyCache(""));
  }

  @Override
  public ModelSource batchedKeyCache() {
    return source("batched-key-cache", Shapes.keyCache("batch,"));
  }

  @Override
  public ModelSource namesakes() {
    return source("namesakes", Shapes.namesakes());
  }

  @Override
  public ModelSource scores() {
    return source("scores", Shapes.scores());
  }

  @Override
  public ModelSource unusedInput() {
    return source("unused-input", Shapes.unusedInput());
  }

  @Override
  public ModelSource anyShape() {
    return source("any-shape", Models.anyShape());
  }

  private static ModelSource file(Path directory, String name, byte[] content) throws IOException {
    return ModelSource.file(Files.write(directory.resolve(name), content));
  }

  @Override
  public ModelSource corrupt(Path directory) throws IOException {
    return file(directory, "corrupt.onnx", Models.unknownOperator());
  }

  @Override
  public ModelSource truncated(Path directory) throws IOException {
    byte[] whole = Models.tinyMlp();
    return file(directory, "truncated.onnx", Arrays.copyOf(whole, whole.length / 2));
  }

  @Override
  public ModelSource empty(Path directory) throws IOException {
    return file(directory, "nothing-inside.onnx", new byte[0]);
  }

  @Override
  public ModelSource missing(Path directory) {
    return ModelSource.file(directory.resolve("nowhere.onnx"));
  }

  @Override
  public ModelSource wrongKind(Path directory) throws IOException {
    byte[] page = "<html>404 Not Found</html>".getBytes(StandardCharsets.UTF_8);
    return file(directory, "page.onnx", page);
  }

  /** A tensor of strings is ONNX Runtime's own memory until it is closed; this one is not. */
  @Override
  public void leak() {
    try {
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      String[] text = {"x".repeat(LEAK)};
      OnnxTensor leaked = OnnxTensor.createTensor(environment, text, new long[] {1});
      if (leaked.isClosed()) {
        throw new IllegalStateException("It does not leak");
      }
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}

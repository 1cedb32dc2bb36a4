package dev.inproc.benchmarks.peers;

import dev.inproc.benchmarks.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.FloatDataBuffer;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.RunOptions;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.types.TFloat32;

/**
 * TensorFlow Java's own session runner as an expert uses it: operands looked up once, one input
 * tensor a thread that is written in place, runs on the calling thread.
 */
public final class RawTensorFlow implements Contender {
  /** On the calling thread, as the library runs. */
  public static final RunOptions CALLING_THREAD =
      RunOptions.newBuilder().setInterOpThreadPool(-1).build();

  private final SavedModelBundle model;
  private final Session session;
  private final Output<?> x;
  private final Output<?> y;
  private final List<Row> rows;
  private final Queue<TFloat32> opened = new ConcurrentLinkedQueue<>();
  private final ThreadLocal<TFloat32> inputs;

  /** Opens a SavedModel that takes the workload's requests as {@code x}. */
  public RawTensorFlow(Workload workload, Path directory) {
    rows = workload.examples().stream().map(Row::of).toList();
    model = load(directory);
    session = model.session();
    SignatureDef signature = model.metaGraphDef().getSignatureDefOrThrow("serving_default");
    x = output(signature.getInputsOrThrow("x").getName());
    y = output(signature.getOutputsOrThrow("y").getName());
    Shape shape = Shape.of(rows.get(0).shape(0, 1));
    inputs =
        ThreadLocal.withInitial(
            () -> {
              TFloat32 input = TFloat32.tensorOf(shape);
              opened.add(input);
              return input;
            });
  }

  /** Loads a SavedModel with the numbers of threads that the other sides have. */
  public static SavedModelBundle load(Path directory) {
    ConfigProto config =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(Setting.INTRA_OP_THREADS)
            .setInterOpParallelismThreads(1)
            .setUsePerSessionThreads(true)
            .build();
    return SavedModelBundle.loader(directory.toString()).withConfigProto(config).load();
  }

  private Output<?> output(String tensor) {
    return session.graph().operationOrThrow(tensor.substring(0, tensor.indexOf(':'))).output(0);
  }

  @Override
  public float[] answer(int index) {
    TFloat32 input = inputs.get();
    input
        .asRawTensor()
        .data()
        .asFloats()
        .write((float[]) rows.get(index % rows.size()).arrays().get(0));
    try (Result result =
        session.runner().setOptions(CALLING_THREAD).feed(x, input).fetch(y).run()) {
      FloatDataBuffer values = result.get(0).asRawTensor().data().asFloats();
      float[] answer = new float[(int) values.size()];
      values.read(answer);
      return answer;
    }
  }

  @Override
  public void close() {
    opened.forEach(TFloat32::close);
    model.close();
  }
}

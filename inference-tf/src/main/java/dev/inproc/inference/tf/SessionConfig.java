package dev.inproc.inference.tf;

import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.SessionOptions;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GPUOptions;
import org.tensorflow.proto.GraphOptions;
import org.tensorflow.proto.OptimizerOptions;
import org.tensorflow.proto.RunOptions;

/** Our options in TensorFlow's words. */
final class SessionConfig {
  /** In TensorFlow's words: the calling thread runs the operators of a run, one after another. */
  private static final int CALLING_THREAD = -1;

  private SessionConfig() {}

  static byte[] session(Device device, SessionOptions options, TensorFlowOptions own) {
    ConfigProto.Builder config =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(intraOpThreads(options))
            .setInterOpParallelismThreads(1) // runs are parallel, nodes of one run are not
            // A pool for each session would be of no use, since run() has the caller run the nodes,
            // and costs a thread. The pool that divides a node is the process's in either case.
            .setUsePerSessionThreads(false)
            .setAllowSoftPlacement(true);
    if (device.kind().equals("cuda")) {
      config.setGpuOptions(
          GPUOptions.newBuilder()
              .setVisibleDeviceList(Integer.toString(device.index()))
              .setAllowGrowth(true));
    } else {
      config.putDeviceCount("GPU", 0);
    }
    if (own.xla()) {
      config.setGraphOptions(
          GraphOptions.newBuilder()
              .setOptimizerOptions(
                  OptimizerOptions.newBuilder()
                      .setGlobalJitLevel(OptimizerOptions.GlobalJitLevel.ON_1)));
    }
    return config.build().toByteArray();
  }

  /** The processors, shared out among the runs that are expected at once; see docs/threads.md. */
  static int intraOpThreads(SessionOptions options) {
    if (options.intraOpThreads() > 0) {
      return options.intraOpThreads();
    }
    int runs = options.parallelism() * options.devices().size();
    return Math.max(1, Runtime.getRuntime().availableProcessors() / runs);
  }

  /** A hand-over to another thread costs more than a small model; see docs/tensorflow.md. */
  static byte[] run() {
    return RunOptions.newBuilder().setInterOpThreadPool(CALLING_THREAD).build().toByteArray();
  }
}

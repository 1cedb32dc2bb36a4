package dev.inproc.inference.onnx;

import dev.inproc.inference.engine.SessionOptions;

/** The thread settings where the user gives none. Measured in docs/threads.md. */
final class ThreadDefaults {
  private ThreadDefaults() {}

  /**
   * The processors, shared out among the runs that are expected at once. The JVM's count of
   * processors respects a container's limit, which ONNX Runtime's own default does not.
   */
  static int intraOpThreads(SessionOptions options) {
    if (options.intraOpThreads() > 0) {
      return options.intraOpThreads();
    }
    int runs = options.parallelism() * options.devices().size();
    return Math.max(1, Runtime.getRuntime().availableProcessors() / runs);
  }

  /**
   * Off: a thread that spins takes a processor from other threads of the machine, and a JVM always
   * has some.
   */
  static boolean spinning(OnnxOptions onnxOptions) {
    Boolean chosen = onnxOptions.spinning();
    return chosen != null && chosen;
  }
}

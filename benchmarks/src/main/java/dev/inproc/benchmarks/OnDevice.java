package dev.inproc.benchmarks;

import dev.inproc.inference.testing.TestDevice;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Runs the overhead benchmarks on the device of the system property {@code inproc.device}, or says
 * why it cannot: a machine without the device is no failure. DJL, which has its own ways with
 * devices, is left out. Arguments are passed on to JMH.
 *
 * <pre>{@code
 * java -Dinproc.device=cuda:0 -cp onnxruntime_gpu.jar:benchmarks/target/benchmarks.jar \
 *     dev.inproc.benchmarks.OnDevice -rf json -rff out.json
 * }</pre>
 */
public final class OnDevice {
  private static final String BENCHMARKS = "EngineOverhead\\w+\\.(bare|predict|exact|pad)\\w*";

  private OnDevice() {}

  /** Runs them. */
  public static void main(String[] args) throws IOException {
    String reason = TestDevice.whyAbsent();
    if (reason != null) {
      System.out.println("SKIPPED, the overhead benchmarks: " + reason);
      return;
    }
    System.out.println("On " + TestDevice.selected());
    Stream<String> all = Stream.concat(Stream.of(BENCHMARKS), Arrays.stream(args));
    org.openjdk.jmh.Main.main(all.toArray(String[]::new));
  }
}

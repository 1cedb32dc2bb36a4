package dev.inproc.benchmarks.suite;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;
import com.google.gson.JsonObject;
import dev.inproc.benchmarks.OtherLoad;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/** What was measured on, and whether it was quiet enough. */
final class Machine {
  /** Processors that others may use without the report warning of it. */
  static final double QUIET = 0.1;

  private static final long PROBE_MILLIS = 1_500;
  private static final Set<String> FEATURES =
      Set.of(
          "avx",
          "avx2",
          "fma",
          "avx512f",
          "avx512bw",
          "avx512_vnni",
          "avx_vnni",
          "avx512_bf16",
          "amx_int8",
          "asimd",
          "asimddp",
          "i8mm");

  private Machine() {}

  /** Processors that others use now, on average over a moment. */
  static double others() {
    OtherLoad others = new OtherLoad();
    long end = System.nanoTime() + PROBE_MILLIS * 1_000_000;
    while (System.nanoTime() - end < 0) {
      java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
    }
    return others.processors();
  }

  static JsonObject describe(double othersBefore) {
    JsonObject json = new JsonObject();
    json.addProperty("processor", cpu("model name"));
    json.addProperty("processors", Runtime.getRuntime().availableProcessors());
    List<String> flags = Arrays.asList((cpu("flags") + " " + cpu("Features")).split(" ", -1));
    json.addProperty(
        "cpu features",
        String.join(" ", flags.stream().filter(FEATURES::contains).distinct().sorted().toList()));
    json.addProperty("memory MB", memoryMegabytes());
    json.addProperty(
        "system",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
    json.addProperty("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    json.addProperty("onnx runtime", OrtEnvironment.getEnvironment().getVersion());
    json.addProperty("djl", Engine.getDjlVersion());
    json.addProperty("tensorflow", org.tensorflow.TensorFlow.version());
    json.addProperty("langchain4j", version("dev.langchain4j", "langchain4j-core"));
    json.addProperty(
        "load average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    json.addProperty("others before", othersBefore);
    json.addProperty(
        "time",
        java.time.Instant.now().truncatedTo(java.time.temporal.ChronoUnit.SECONDS).toString());
    return json;
  }

  private static String version(String group, String artifact) {
    String resource = "META-INF/maven/" + group + "/" + artifact + "/pom.properties";
    try (InputStream in = Machine.class.getClassLoader().getResourceAsStream(resource)) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first value of a key of {@code /proc/cpuinfo}, or nothing. */
  static String cpu(String key) {
    Path file = Path.of("/proc/cpuinfo");
    try {
      return !Files.exists(file)
          ? ""
          : Files.readAllLines(file).stream()
              .filter(line -> line.startsWith(key))
              .map(line -> line.substring(line.indexOf(':') + 1).strip())
              .findFirst()
              .orElse("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long memoryMegabytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize() / 1_000_000
        : -1;
  }
}

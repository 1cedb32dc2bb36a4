package dev.inproc.inference.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The processor's vector and matrix instructions, which change how engines round. Read on Linux;
 * elsewhere only the architecture is known.
 */
public final class CpuFeatures {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final List<String> THAT_MATTER =
      List.of(
          "avx",
          "avx2",
          "fma",
          "f16c",
          "avx_vnni",
          "avx512f",
          "avx512bw",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_int8",
          "amx_bf16", // x86
          "asimd",
          "asimdhp",
          "asimddp",
          "i8mm",
          "bf16",
          "sve",
          "sve2"); // ARM
  private static final String HERE = read();

  private CpuFeatures() {}

  /** Returns architecture and features, such as {@code amd64 [avx2, avx512f, fma]}. */
  public static String describe() {
    return HERE;
  }

  /** Returns whether the processor is known to have a feature, such as {@code avx512_vnni}. */
  public static boolean has(String feature) {
    return HERE.contains("[" + feature + ",")
        || HERE.contains(" " + feature + ",")
        || HERE.contains(" " + feature + "]")
        || HERE.contains("[" + feature + "]");
  }

  /**
   * Returns whether this processor sums products of unsigned and signed bytes without saturation.
   * Older x86 processors add two products in 16 bits, which 255 · 127 · 2 exceeds.
   */
  public static boolean addsBytesExactly() {
    boolean x86 = HERE.startsWith("amd64") || HERE.startsWith("x86");
    return !x86 || has("avx512_vnni") || has("avx_vnni") || has("amx_int8");
  }

  private static String read() {
    String architecture = System.getProperty("os.arch", "unknown");
    try (Stream<String> lines = Files.lines(CPU_INFO, StandardCharsets.ISO_8859_1)) {
      return architecture
          + lines
              .filter(CpuFeatures::listsFeatures)
              .findFirst()
              .map(CpuFeatures::select)
              .orElse("");
    } catch (IOException | RuntimeException e) {
      return architecture; // the file is missing or not readable
    }
  }

  private static boolean listsFeatures(String line) {
    return line.startsWith("flags") || line.startsWith("Features");
  }

  private static String select(String line) {
    Set<String> all = Set.copyOf(Arrays.asList(line.trim().split("\\s+")));
    return THAT_MATTER.stream().filter(all::contains).collect(Collectors.joining(", ", " [", "]"));
  }
}

package dev.inproc.inference.onnx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

class LocationsFuzzTest {
  static Stream<byte[]> seeds() {
    return Stream.of(
            "weights.bin", "a/./b", "../x", "a/../../x", "/etc/passwd", "*/_ORT_MEM_ADDR_/*")
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest
  void location_ofAnyText_isInsideOrRefused(byte[] bytes) {
    ReaderProperties.location(new String(bytes, StandardCharsets.UTF_8));
  }
}

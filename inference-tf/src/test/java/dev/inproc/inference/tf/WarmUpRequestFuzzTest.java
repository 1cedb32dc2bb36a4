package dev.inproc.inference.tf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

class WarmUpRequestFuzzTest {
  static Stream<byte[]> seeds() {
    return Seeds.warmUpRequests().stream();
  }

  @MethodSource("seeds")
  @FuzzTest
  void request_ofAnyBytes_isReadOrRefused(byte[] bytes) {
    ReaderProperties.warmUpRequest(bytes);
  }
}

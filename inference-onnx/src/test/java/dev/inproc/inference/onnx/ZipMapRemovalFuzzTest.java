package dev.inproc.inference.onnx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

class ZipMapRemovalFuzzTest {
  static Stream<byte[]> seeds() {
    return Seeds.models().stream();
  }

  @MethodSource("seeds")
  @FuzzTest
  void removal_fromAnyBytes_isSoundOrNot(byte[] bytes) {
    ReaderProperties.zipMapRemoval(bytes);
  }
}

package dev.inproc.inference.onnx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

class ModelStructureFuzzTest {
  static Stream<byte[]> seeds() {
    return Stream.concat(
        Seeds.models().stream(),
        Stream.of(HostileModels.nested(200), HostileModels.manyNodes(50), new byte[0]));
  }

  @MethodSource("seeds")
  @FuzzTest
  void structure_ofAnyBytes_isReadOrRefused(byte[] bytes) {
    ReaderProperties.structure(bytes);
  }
}

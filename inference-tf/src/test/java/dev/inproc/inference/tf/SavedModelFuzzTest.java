package dev.inproc.inference.tf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

class SavedModelFuzzTest {
  static Stream<byte[]> seeds() {
    return Seeds.models().stream();
  }

  @MethodSource("seeds")
  @FuzzTest
  void savedModel_ofAnyBytes_isReadAsProtobufDoesOrRefused(byte[] bytes) {
    ReaderProperties.savedModel(bytes);
  }
}

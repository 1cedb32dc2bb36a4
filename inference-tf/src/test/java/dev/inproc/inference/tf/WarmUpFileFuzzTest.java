package dev.inproc.inference.tf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

class WarmUpFileFuzzTest {
  static Stream<byte[]> seeds() {
    return Seeds.warmUpFiles().stream();
  }

  @MethodSource("seeds")
  @FuzzTest
  void file_ofAnyBytes_isReadOrRefused(byte[] bytes) {
    ReaderProperties.warmUpFile(bytes);
  }
}

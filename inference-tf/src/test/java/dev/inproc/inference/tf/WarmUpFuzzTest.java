package dev.inproc.inference.tf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tf.testing.WarmUpRecords;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The readers of warm-up requests under hostile bytes; see {@link SavedModelFuzzTest}. */
class WarmUpFuzzTest {

  /** Given as a file, and as the content of a record, which the checksum would else protect. */
  @FuzzTest(maxDuration = "1h")
  void read_anyBytes_isReadOrRefused(byte[] data) {
    check(data);
  }

  private static void check(byte[] data) {
    try {
      TfRecordReader records = new TfRecordReader(new ByteArrayInputStream(data), 1 << 20);
      for (byte[] next = records.next(); next != null; next = records.next()) {
        WarmUpRequest.read(next);
      }
    } catch (IOException | IllegalArgumentException e) {
      // refused, and says why
    }
    try {
      WarmUpRequest.read(data);
    } catch (IllegalArgumentException e) {
      // refused, and says why
    }
  }

  @Test
  void read_mutatedRequests_isReadOrRefused() {
    byte[] request = WarmUpRecords.predict("serving_default", "x", 1, 2, 3);
    List<byte[]> seeds =
        List.of(
            request,
            WarmUpRecords.file(request, request),
            WarmUpRecords.ones(DataType.STRING, 5).toByteArray());
    Mutations.run(new Random(18), seeds, WarmUpFuzzTest::check);
  }
}

package dev.inproc.inference.tf;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tf.testing.EvilModels;
import dev.inproc.inference.tf.testing.SavedModels;
import dev.inproc.inference.tf.testing.WarmUpRecords;
import java.util.List;

/** Small real models and warm-up requests, to mutate. */
final class Seeds {
  private Seeds() {}

  static List<byte[]> models() {
    return List.of(
        SavedModels.tinyMlp().bytes(),
        SavedModels.slow().bytes(),
        SavedModels.remember().bytes(),
        SavedModels.twoSignatures().bytes(),
        EvilModels.readFileInBranch().bytes(),
        EvilModels.printWhereTheCallerSays("stderr").bytes(),
        EvilModels.restoreElsewhere("x").bytes());
  }

  static List<byte[]> warmUpRequests() {
    return List.of(
        WarmUpRecords.predict("serving_default", "x", 1, 2, 3),
        WarmUpRecords.predict("", "x"),
        WarmUpRecords.ones(DataType.STRING, 5).toByteArray());
  }

  static List<byte[]> warmUpFiles() {
    byte[] request = WarmUpRecords.predict("serving_default", "x", 1, 2, 3);
    return List.of(WarmUpRecords.file(request), WarmUpRecords.file(request, request), new byte[0]);
  }
}

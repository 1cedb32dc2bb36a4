package dev.inproc.inference.tf;

import dev.inproc.inference.testing.temporary.TemporaryDirectoryContract;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.IOException;
import java.nio.file.Path;

class TensorFlowTemporaryDirectoryTest extends TemporaryDirectoryContract {
  TensorFlowTemporaryDirectoryTest() {
    super("tensorflow", true);
  }

  @Override
  protected Path write(Path empty) throws IOException {
    return SavedModels.tinyMlp().write(empty);
  }
}

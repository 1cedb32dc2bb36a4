package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.testing.temporary.TemporaryDirectoryContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class OnnxTemporaryDirectoryTest extends TemporaryDirectoryContract {
  OnnxTemporaryDirectoryTest() {
    super("onnx", false);
  }

  @Override
  protected Path write(Path empty) throws IOException {
    return Files.write(empty.resolve("tiny.onnx"), Models.tinyMlp());
  }
}

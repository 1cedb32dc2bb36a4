package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files of a directory.
 *
 * @param modelFile the ONNX file's name, or null for the usual one
 */
record DirectoryFiles(Path directory, @Nullable String modelFile) implements ModelFiles {

  @Override
  public ModelSource model() {
    List<String> places = ModelFiles.places(modelFile);
    for (String place : places) {
      Path file = directory.resolve(place);
      if (Files.isRegularFile(file)) {
        return ModelSource.file(file);
      }
    }
    throw new ModelLoadException(
        directory.toString(),
        Files.isDirectory(directory)
            ? "expected one of "
                + places
                + " in it, found neither; name another with"
                + " TextModel.withModelFile"
            : "expected a directory, " + (Files.exists(directory) ? "got a file" : "there is none"),
        null);
  }

  @Override
  public @Nullable ModelSource find(String name) {
    Path file = directory.resolve(name);
    return Files.isRegularFile(file) ? ModelSource.file(file) : null;
  }

  @Override
  public ModelFiles withModelFile(String name) {
    return new DirectoryFiles(directory, ModelFiles.checked(name));
  }

  @Override
  public String toString() {
    return directory.toString();
  }
}

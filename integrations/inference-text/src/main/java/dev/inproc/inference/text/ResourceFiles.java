package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files of a folder on the class path.
 *
 * @param folder its path, empty for the root
 * @param modelFile the ONNX file's name, or null for the usual one
 */
record ResourceFiles(ClassLoader loader, String folder, @Nullable String modelFile)
    implements ModelFiles {

  @Override
  public ModelSource model() {
    List<String> places = ModelFiles.places(modelFile);
    for (String place : places) {
      ModelSource found = find(place);
      if (found != null) {
        return found;
      }
    }
    throw new ModelLoadException(
        toString(),
        "expected one of "
            + places
            + " in it, found neither; name another with"
            + " TextModel.withModelFile",
        null);
  }

  @Override
  public @Nullable ModelSource find(String name) {
    String path = folder.isEmpty() ? name : folder + "/" + name;
    try {
      return ModelSource.resource(loader, path);
    } catch (ModelLoadException e) {
      return null; // there is none
    }
  }

  @Override
  public ModelFiles withModelFile(String name) {
    return new ResourceFiles(loader, folder, ModelFiles.checked(name));
  }

  @Override
  public String toString() {
    return "class path folder \"" + folder + "\"";
  }
}

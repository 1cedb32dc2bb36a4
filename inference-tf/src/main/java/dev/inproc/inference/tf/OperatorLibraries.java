package dev.inproc.inference.tf;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteLibraryHandle;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetCode;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetOpList;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_LoadLibrary;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Message;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OK;

import dev.inproc.inference.ModelLoadException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Library;
import org.tensorflow.internal.c_api.TF_Status;

/**
 * Native libraries of operators that the user trusts. TensorFlow loads each of them once a process
 * and tells the operators that it brought.
 */
final class OperatorLibraries {
  private static final int OPERATOR = 1; // of OpList
  private static final int NAME = 1; // of OpDef

  private OperatorLibraries() {}

  /**
   * Loads libraries, unless they are loaded; returns the names of their operators.
   *
   * @param model for messages
   */
  static Set<String> load(String model, List<Path> libraries) {
    Set<String> operators = new LinkedHashSet<>();
    for (Path library : libraries) {
      load(model, library, operators);
    }
    return operators;
  }

  private static void load(String model, Path library, Set<String> operators) {
    Path file;
    try {
      file = library.toRealPath(); // TensorFlow tells libraries apart by their paths
    } catch (NoSuchFileException e) {
      throw failure(model, library, "no such file", e);
    } catch (IOException e) {
      throw failure(model, library, e.toString(), e);
    }
    if (!Files.isRegularFile(file)) {
      throw failure(model, library, "is not a regular file", null);
    }
    byte[] path = file.toString().getBytes(StandardCharsets.UTF_8);
    TF_Status status = TF_NewStatus();
    try (BytePointer text = new BytePointer(Arrays.copyOf(path, path.length + 1))) {
      TF_Library handle = TF_LoadLibrary(text, status);
      if (TF_GetCode(status) != TF_OK) {
        String reason = TF_Message(status).getString(StandardCharsets.UTF_8);
        throw failure(model, library, "it does not load: " + reason, null);
      }
      TF_Buffer list = TF_GetOpList(handle);
      byte[] bytes = new byte[Math.toIntExact(list.length())];
      if (bytes.length > 0) {
        new BytePointer(list.data()).get(bytes);
      }
      TF_DeleteLibraryHandle(handle); // the library itself stays loaded
      names(bytes, operators);
    } finally {
      TF_DeleteStatus(status);
    }
  }

  private static void names(byte[] list, Set<String> operators) {
    WireReader all = new WireReader(list);
    while (all.next()) {
      if (all.isBytes(OPERATOR)) {
        WireReader operator = all.message();
        while (operator.next()) {
          if (operator.isBytes(NAME)) {
            operators.add(operator.name());
          }
        }
      }
    }
  }

  private static ModelLoadException failure(
      String model, Path library, String reason, @Nullable Exception cause) {
    return new ModelLoadException(model, "operator library " + library + ": " + reason, cause);
  }
}

package dev.inproc.inference.tf;

import dev.inproc.inference.ModelLoadException;
import org.tensorflow.internal.c_api.global.tensorflow;

/** TensorFlow's native library, which the user chooses. */
final class NativeLibrary {
  private NativeLibrary() {}

  /** Loads it, which the first call in a process does; returns TensorFlow's version. */
  static String load(String model) {
    try {
      return tensorflow.TF_Version().getString();
    } catch (LinkageError e) {
      throw new ModelLoadException(
          model,
          "TensorFlow's native library does not load on "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + ". Depend on org.tensorflow:tensorflow-core-native:1.1.0 with the classifier of"
              + " your platform (linux-x86_64, linux-x86_64-gpu, linux-arm64, macosx-arm64 or"
              + " windows-x86_64), at runtime scope: "
              + e,
          e);
    }
  }
}

package dev.inproc.inference.tf;

import dev.inproc.inference.ModelLoadException;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.global.tensorflow;

/** TensorFlow's native library, which the user chooses. */
final class NativeLibrary {
  private static @Nullable LinkageError failure; // the first, which says more; guarded by the class

  private NativeLibrary() {}

  /** Loads it, which the first call in a process does; returns TensorFlow's version. */
  @SuppressWarnings("StaticAssignmentOfThrowable") // the JVM does not load the library twice
  static synchronized String load(String model) {
    try {
      return tensorflow.TF_Version().getString();
    } catch (LinkageError e) {
      LinkageError first = failure == null ? e : failure;
      failure = first;
      throw new ModelLoadException(
          model,
          "TensorFlow's native library does not load on "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + ". Depend on org.tensorflow:tensorflow-core-native:1.1.0 with the classifier of"
              + " your platform (linux-x86_64, linux-x86_64-gpu, linux-arm64, macosx-arm64 or"
              + " windows-x86_64), at runtime scope. It is unpacked into the directory of"
              + " -Dorg.bytedeco.javacpp.cachedir (by default ~/.javacpp/cache, or under"
              + " java.io.tmpdir, which is "
              + System.getProperty("java.io.tmpdir")
              + "), which must have 700 MB of room, must be writable and must not be mounted"
              + " noexec. Then restart the JVM: "
              + first,
          e);
    }
  }
}

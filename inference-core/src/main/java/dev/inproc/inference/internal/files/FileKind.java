package dev.inproc.inference.internal.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells by the first bytes what a file is that is no model, or a model of another format. For the
 * message of a load that has failed: a guess in words, and no check.
 */
public final class FileKind {
  private static final int HEAD = 4096;
  private static final int TAR_MAGIC = 257;

  private static final String[][] BEGINNINGS = {
    {"version https://git-lfs", "a Git LFS pointer; git lfs pull downloads the file itself"},
    {"\u001f\u008b", "gzip-compressed; unpack it"},
    {"BZh", "bzip2-compressed; unpack it"},
    {"\u00fd7zXZ\0", "xz-compressed; unpack it"},
    {"(\u00b5/\u00fd", "zstd-compressed; unpack it"},
    {"7z\u00bc\u00af", "a 7z archive; unpack it"},
    {"\u0089HDF\r\n\u001a\n", "an HDF5 file, such as Keras writes; export a SavedModel or ONNX"},
    {"\u0080\2", "a Python pickle; export the model to ONNX"},
    {"\u0080\3", "a Python pickle; export the model to ONNX"},
    {"\u0080\4", "a Python pickle; export the model to ONNX"},
    {"\u0080\5", "a Python pickle; export the model to ONNX"},
    {"\u0093NUMPY", "a NumPy array, no model"},
    {"GGUF", "a GGUF model, for llama.cpp"},
    {"%PDF", "a PDF document"},
    {"\u007fELF", "a native library or program"},
  };

  private FileKind() {}

  /** Says what a file is, if that is known; null if not, or if it cannot be read. */
  public static @Nullable String of(Path file) {
    if (!Files.isRegularFile(file)) {
      return null; // a pipe would block
    }
    try (InputStream in = Files.newInputStream(file)) {
      return of(in);
    } catch (IOException | UncheckedIOException e) {
      return null;
    }
  }

  /** Says what a stream holds, if that is known; reads its first 4 KiB. */
  public static @Nullable String of(InputStream in) throws IOException {
    return of(in.readNBytes(HEAD));
  }

  /**
   * Returns a reason with what the file is before it.
   *
   * @param kind what {@link #of(Path)} returned
   */
  public static String explain(@Nullable String kind, @Nullable String reason) {
    return kind == null ? String.valueOf(reason) : "it is " + kind + " (" + reason + ")";
  }

  /** Says what begins with these bytes, if that is known. */
  static @Nullable String of(byte[] head) {
    String bytes = new String(head, StandardCharsets.ISO_8859_1);
    for (String[] beginning : BEGINNINGS) {
      if (bytes.startsWith(beginning[0])) {
        return beginning[1];
      }
    }
    if (bytes.startsWith("PK\3\4")) {
      return zip(bytes);
    }
    if (bytes.startsWith("TFL3", 4)) {
      return "a TensorFlow Lite model; export a SavedModel or ONNX";
    }
    if (bytes.startsWith("ustar", TAR_MAGIC)) {
      return "a tar archive; unpack it";
    }
    if (isSafetensors(head)) {
      return "a safetensors file, which holds weights but no graph; export the model to ONNX";
    }
    String tensorFlow = tensorFlow(bytes);
    return tensorFlow != null ? tensorFlow : text(bytes);
  }

  private static String zip(String bytes) {
    if (bytes.contains("data.pkl")) {
      return "a PyTorch model (a zip with data.pkl); export it to ONNX";
    }
    if (bytes.contains("model.weights.h5") || isFirst(bytes, "metadata.json", "config.json")) {
      return "a Keras model (a zip with config.json); export a SavedModel or ONNX";
    }
    return bytes.contains(".npy") ? "a NumPy archive, no model" : "a zip archive; unpack it";
  }

  private static boolean isFirst(String bytes, String... names) {
    for (String name : names) {
      if (bytes.startsWith(name, 30)) { // the name of a zip's first entry
        return true;
      }
    }
    return false;
  }

  /** Eight bytes give the length of a JSON header, which follows. */
  private static boolean isSafetensors(byte[] head) {
    return head.length > 9 && head[5] == 0 && head[6] == 0 && head[7] == 0 && head[8] == '{';
  }

  /** Protobuf messages, by their first fields. */
  private static @Nullable String tensorFlow(String bytes) {
    if (bytes.startsWith("\u0008\1\u0012")) { // schema version 1, then a graph with information
      int at = 3;
      while (at < bytes.length() && bytes.charAt(at) >= 0x80) {
        at++; // the graph's length
      }
      if (bytes.startsWith("\n", at + 1)) {
        return "the graph of a TensorFlow SavedModel; TensorFlowEngine loads its directory";
      }
    }
    boolean isNode = bytes.startsWith("\n") && !isText(bytes);
    return isNode ? "perhaps a frozen TensorFlow graph; export a SavedModel or ONNX" : null;
  }

  /** Says whether a file begins like an ONNX model: its IR version, then a text or the graph. */
  public static boolean isLikeOnnx(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(3);
      return head.length == 3
          && head[0] == 8
          && head[1] >= 3
          && head[1] < 32
          && (head[2] == 0x12 || head[2] == 0x3a || head[2] == 0x42);
    } catch (IOException e) {
      return false;
    }
  }

  private static @Nullable String text(String bytes) {
    if (!isText(bytes)) {
      return null;
    }
    String text = bytes.replace("\u00ef\u00bb\u00bf", "").strip().toLowerCase(Locale.ROOT);
    if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
      return "an HTML page, perhaps of a download that failed or needs a login";
    }
    if (text.startsWith("<?xml") || text.startsWith("<pmml") || text.startsWith("<net")) {
      return text.contains("<pmml")
          ? "a PMML document"
          : text.contains("<net") ? "the graph of an OpenVINO model (XML)" : "an XML document";
    }
    return text.startsWith("{") || text.startsWith("[") ? "JSON text" : "text";
  }

  private static boolean isText(String bytes) {
    return !bytes.isEmpty()
        && bytes
            .chars()
            .noneMatch(c -> c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f');
  }
}

package dev.inproc.inference.onnx;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.onnx.format.FileBytes;
import dev.inproc.inference.onnx.format.ModelStructure;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.onnx.format.TextConstants;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A checked model in the form that the Java binding can load and call.
 *
 * @param bytes what to load in place of the model's file or bytes; null to load these
 * @param rewrite what became of its inputs and outputs
 * @param metadata what the file says of itself; null if it cannot be read here
 * @param mayHaveExternalData whether native code must know where such data lies
 * @param hasPlainText whether no string that its nodes hold could be changed on its way out; so it
 *     is where no output can be a string
 */
record ServableModel(
    byte @Nullable [] bytes,
    InterfaceRewrite.Result rewrite,
    @Nullable Map<String, String> metadata,
    boolean mayHaveExternalData,
    boolean hasPlainText) {

  /**
   * Reads a model.
   *
   * @param trusted whether it may be in a form that only ONNX Runtime reads
   * @throws ModelLoadException if the binding could not load or call it
   */
  static ServableModel of(CheckedModel model, boolean trusted) {
    Path path = model.path();
    byte[] bytes = model.bytes();
    try {
      if (path == null) {
        return of(ProtoBytes.of(bytes == null ? new byte[0] : bytes), null);
      }
      try (FileBytes file = new FileBytes(path)) {
        return of(file, PlainText.isPlain(path.toString()) ? null : path);
      }
    } catch (ProtoException e) {
      if (!trusted) {
        throw new ModelLoadException(model.describe(), String.valueOf(e.getMessage()), e);
      }
      return new ServableModel(null, InterfaceRewrite.Result.UNCHANGED, null, true, false);
    } catch (IOException | UncheckedIOException e) {
      throw new ModelLoadException(model.describe(), e.toString(), e);
    }
  }

  /** Reads a model; one whose path the binding cannot pass is loaded from memory. */
  private static ServableModel of(ProtoBytes content, @Nullable Path unpassable)
      throws IOException {
    InterfaceRewrite.Result rewrite = InterfaceRewrite.of(content);
    byte[] bytes = rewrite.model();
    if (bytes == null && unpassable != null) {
      bytes = Files.readAllBytes(unpassable);
    }
    return new ServableModel(
        bytes,
        rewrite,
        ModelText.metadata(content),
        unpassable == null || !ModelStructure.of(content).external().isEmpty(),
        !InterfaceRewrite.mayAnswerText(content) || TextConstants.arePlain(content));
  }
}

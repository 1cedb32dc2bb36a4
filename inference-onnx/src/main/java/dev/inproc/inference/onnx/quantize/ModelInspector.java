package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.internal.files.FileKind;
import dev.inproc.inference.onnx.format.FileBytes;
import dev.inproc.inference.onnx.format.ModelStructure;
import dev.inproc.inference.onnx.format.ProtoException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Says what an ONNX file is, without ONNX Runtime and without loading its weights. Stateless.
 *
 * <p>The file is walked through a window of 64 KiB, tensors are skipped over, and what is kept is
 * bounded: a file beyond 2 GiB needs no more memory than a small one, and a hostile one is refused.
 * Files of external data are named, not opened.
 */
public final class ModelInspector {
  private ModelInspector() {}

  /**
   * Inspects a file.
   *
   * @throws ModelLoadException if it is not there, or no ONNX model
   */
  public static ModelSummary inspect(Path model) {
    if (!Files.isRegularFile(model)) {
      throw failure(model, Files.exists(model) ? "not a regular file" : "no such file", null);
    }
    try (FileBytes content = new FileBytes(model)) {
      ModelStructure structure = ModelStructure.of(content);
      SummaryReader reader = new SummaryReader();
      reader.read(content);
      return reader.summary(content.size(), structure.external());
    } catch (ProtoException e) {
      throw failure(model, FileKind.explain(FileKind.of(model), e.getMessage()), e);
    } catch (UncheckedIOException e) {
      throw failure(model, String.valueOf(e.getCause()), e);
    } catch (IOException e) {
      throw failure(model, e.toString(), e);
    }
  }

  private static ModelLoadException failure(
      Path model, String reason, @org.jspecify.annotations.Nullable Throwable cause) {
    return new ModelLoadException(model.toString(), reason, cause);
  }
}

package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Quantizes ONNX models: reads one file, writes another. Stateless, so thread-safe. The same model,
 * examples and options give the same bytes on one kind of machine with one version of ONNX Runtime;
 * on every machine with the same {@link QuantizeOptions#signedWeights} if neither smoothing nor
 * error compensation, which run the model, is on.
 *
 * <p>Changed are MatMul and Gemm whose second input is a constant FP32 matrix, or the Transpose of
 * one, and with {@link QuantizeOptions#withEmbeddings} Gather from a constant FP32 table, in
 * subgraphs too. Weights and quantized activations that several nodes use are there once; so is, in
 * the schemes with a scale for each column, a table that is looked up and, transposed, multiplied
 * with. A table that another node needs in FP32 is not quantized for its lookups. All else stays,
 * model-local functions too, and the report names what has large weights and was not changed, and
 * the share of the weights that stays FP32. Metadata of the model, keys {@code
 * inproc.quantization…}, say how it was made.
 *
 * <p>Row-wise INT8 computes for each row x of an activation: the scale s = max|x| / 127, the bytes
 * q = round(x / s) + 128, the integer product of q - 128 with the INT8 weights, and that times s
 * and the column's scale. Nothing in it depends on another row. A row of zeros has the scale 0:
 * whatever its bytes are then, the product is 0 times finite numbers.
 *
 * <p>Files are checked as at load: external data only from the model's directory, bounded depth and
 * counts. All of a model but its external data is held in memory, and each quantized weight until
 * it is written.
 */
public final class Quantizer {
  private Quantizer() {}

  /**
   * Quantizes a model. The output appears under its name when it is complete.
   *
   * @throws ModelLoadException if the model is not there, malformed or not safe
   * @throws IllegalArgumentException if a file of the model would be overwritten
   * @throws UncheckedIOException if the output cannot be written
   */
  public static QuantizationReport quantize(Path in, Path out, QuantizeOptions options) {
    return quantize(in, out, options, List.of());
  }

  /**
   * Quantizes a model, smoothing by these examples, which are without a batch axis.
   *
   * @throws ModelLoadException if the model is not there, malformed or not safe
   * @throws IllegalArgumentException if a file of the model would be overwritten
   * @throws UncheckedIOException if the output cannot be written
   */
  public static QuantizationReport quantize(
      Path in, Path out, QuantizeOptions options, List<Tensors> examples) {
    try {
      if (Files.exists(out) && Files.isSameFile(in, out)) {
        throw new IllegalArgumentException("The output would overwrite the model " + in);
      }
      ModelFile file = ModelFile.read(in);
      GraphCheck.check(file);
      if (file.reads(TensorSink.dataFile(out))) {
        throw new IllegalArgumentException(
            "The output's data would overwrite that of the model " + in);
      }
      boolean external = options.externalData() || file.hasExternalData();
      try (TensorSink sink = external ? TensorSink.beside(out) : TensorSink.inline()) {
        ModelRewriter rewriter = new ModelRewriter(file, sink, options, examples, out);
        ModelProto model = rewriter.rewrite();
        Path partial = out.resolveSibling(out.getFileName() + ".partial");
        try {
          try (var stream = Files.newOutputStream(partial)) {
            model.writeTo(stream);
          }
          long bytes = Files.size(partial) + sink.commit();
          Files.move(partial, out, StandardCopyOption.ATOMIC_MOVE);
          return rewriter.report(file.bytes(), bytes);
        } finally {
          Files.deleteIfExists(partial);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Quantizing " + in + " to " + out, e);
    }
  }

  /** Quantizes a model row-wise, with the default options. */
  public static QuantizationReport quantize(Path in, Path out) {
    return quantize(in, out, QuantizeOptions.DEFAULT);
  }
}

package dev.inproc.inference.onnx.quantize;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What an ONNX model is, read from its graph: file names lie. Immutable.
 *
 * @param precision what most bytes of its weights are
 * @param scheme how it is quantized, in words: {@code none}, {@code row-wise dynamic INT8}, …
 * @param schemes how its matrix products are quantized, as far as it is a {@link Scheme}
 * @param weightBytes how many bytes of weights have each precision
 * @param products how many matrix products and convolutions are computed in each precision
 * @param parameters how many weights there are; packed ones count as what they stand for
 * @param fileBytes the size of the file
 * @param externalBytes the bytes of tensors that lie in other files
 * @param externalFiles these files, as the model names them
 * @param irVersion the version of the format
 * @param opsets the version of each operator set; the default one's domain is empty
 * @param operators how often each operator occurs, with its domain, subgraphs included
 * @param inputs such as {@code input_ids INT64[batch, sequence]}
 * @param outputs likewise
 * @param symbols the names of symbolic dimensions
 * @param producer what made it
 * @param metadata the model's own entries
 */
public record ModelSummary(
    Precision precision,
    String scheme,
    Set<Scheme> schemes,
    Map<Precision, Long> weightBytes,
    Map<Precision, Integer> products,
    long parameters,
    long fileBytes,
    long externalBytes,
    List<String> externalFiles,
    long irVersion,
    Map<String, Long> opsets,
    Map<String, Integer> operators,
    List<String> inputs,
    List<String> outputs,
    Set<String> symbols,
    String producer,
    Map<String, String> metadata) {

  /** Returns the size of all files, as far as tensors lie in them. */
  public long totalBytes() {
    return fileBytes + externalBytes;
  }

  /** Returns the share of the weights, by bytes, that have this precision. */
  public double share(Precision of) {
    long all = weightBytes.values().stream().mapToLong(Long::longValue).sum();
    return all == 0 ? 0 : (double) weightBytes.getOrDefault(of, 0L) / all;
  }

  /** Returns a table for people to read. */
  @Override
  public String toString() {
    StringBuilder table = new StringBuilder();
    line(table, "Precision", precision + " by bytes " + weightBytes);
    line(
        table,
        "FP32",
        String.format(Locale.ROOT, "%.1f %% of the weights' bytes", 100 * share(Precision.FP32)));
    line(table, "Products", products.toString());
    line(table, "Quantized", scheme);
    line(table, "Parameters", String.format(Locale.ROOT, "%,d", parameters));
    line(table, "File", String.format(Locale.ROOT, "%,d bytes", fileBytes));
    if (!externalFiles.isEmpty()) {
      line(
          table,
          "External",
          String.format(Locale.ROOT, "%,d bytes in %s", externalBytes, externalFiles));
    }
    line(table, "Inputs", String.join("; ", inputs));
    line(table, "Outputs", String.join("; ", outputs));
    line(table, "Symbols", symbols.toString());
    line(table, "Opsets", opsets + ", IR " + irVersion);
    line(table, "Operators", operators.toString());
    line(table, "Producer", producer);
    if (!metadata.isEmpty()) {
      line(table, "Metadata", metadata.toString());
    }
    return table.toString();
  }

  private static void line(StringBuilder table, String name, String value) {
    table.append(String.format(Locale.ROOT, "%-11s %s%n", name, value));
  }
}

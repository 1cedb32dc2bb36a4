package dev.inproc.inference.model;

import dev.inproc.inference.internal.json.Json;
import dev.inproc.inference.internal.json.JsonException;
import dev.inproc.inference.internal.json.JsonLimits;
import dev.inproc.inference.internal.json.JsonReader;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads and writes a manifest as JSON. */
final class ManifestJson {
  /** The version of the format. A reader refuses later ones. */
  private static final long FORMAT = 1;

  private static final int MOST_DIMENSIONS = 32;

  private final Map<String, @Nullable Object> left; // what was not read

  private ManifestJson(Map<String, @Nullable Object> all) {
    left = new LinkedHashMap<>(all);
  }

  /**
   * Reads a manifest.
   *
   * @throws JsonException if it is none; the message says where and why
   */
  static Manifest read(byte[] utf8) throws JsonException {
    ManifestJson json = new ManifestJson(JsonReader.readObject(utf8, JsonLimits.DEFAULT));
    try {
      return json.manifest();
    } catch (IllegalArgumentException e) {
      throw new JsonException(String.valueOf(e.getMessage()));
    }
  }

  private Manifest manifest() throws JsonException {
    Json.whole(left.remove("format"), "format", FORMAT, FORMAT);
    Manifest.Builder builder = Manifest.builder(Json.string(left.remove("engine"), "engine"));
    if (left.containsKey("main")) {
      builder.main(Json.string(left.remove("main"), "main"));
    }
    if (left.containsKey("modelSha256")) {
      builder.modelSha256(Json.string(left.remove("modelSha256"), "modelSha256"));
    }
    builder.files(files());
    if (left.containsKey("precision")) {
      builder.precision(Json.string(left.remove("precision"), "precision"));
    }
    builder.variants(variants()).warmUpBatchSizes(batchSizes()).sampleInputs(sampleInputs());
    if (left.containsKey("signature")) {
      builder.signature(signature());
    }
    if (left.containsKey("trainingProfile")) {
      builder.trainingProfile(Json.object(left.remove("trainingProfile"), "trainingProfile"));
    }
    if (left.containsKey("labelHorizon")) {
      builder.labelHorizon(duration());
    }
    if (left.containsKey("displayName")) {
      builder.displayName(Json.string(left.remove("displayName"), "displayName"));
    }
    return builder.entries(left).build();
  }

  private List<Manifest.File> files() throws JsonException {
    List<Manifest.File> files = new ArrayList<>();
    for (Object each : Json.array(left.remove("files"), "files")) {
      String what = "files[" + files.size() + "]";
      Map<String, @Nullable Object> file = Json.object(each, what);
      files.add(
          new Manifest.File(
              Json.string(file.get("path"), what + ".path"),
              Json.whole(file.get("size"), what + ".size", 0, Long.MAX_VALUE),
              Json.string(file.get("sha256"), what + ".sha256")));
    }
    if (files.isEmpty()) {
      throw new JsonException("files: expected one at least");
    }
    return files;
  }

  private List<@Nullable Object> list(String name) throws JsonException {
    if (!left.containsKey(name)) {
      return List.of();
    }
    return Json.array(left.remove(name), name);
  }

  private List<Manifest.Variant> variants() throws JsonException {
    List<Manifest.Variant> variants = new ArrayList<>();
    for (Object each : list("variants")) {
      String what = "variants[" + variants.size() + "]";
      Map<String, @Nullable Object> variant = Json.object(each, what);
      String precision =
          variant.containsKey("precision")
              ? Json.string(variant.get("precision"), what + ".precision")
              : "";
      String path = Json.string(variant.get("path"), what + ".path");
      variants.add(new Manifest.Variant(path, precision));
    }
    return variants;
  }

  private List<Integer> batchSizes() throws JsonException {
    List<Integer> sizes = new ArrayList<>();
    for (Object each : list("warmUpBatchSizes")) {
      String what = "warmUpBatchSizes[" + sizes.size() + "]";
      sizes.add((int) Json.whole(each, what, 1, Integer.MAX_VALUE));
    }
    return sizes;
  }

  private List<Map<String, @Nullable Object>> sampleInputs() throws JsonException {
    List<Map<String, @Nullable Object>> inputs = new ArrayList<>();
    for (Object each : list("sampleInputs")) {
      inputs.add(Json.object(each, "sampleInputs[" + inputs.size() + "]"));
    }
    return inputs;
  }

  private Duration duration() throws JsonException {
    Object value = left.remove("labelHorizon");
    try {
      return Duration.parse(Json.string(value, "labelHorizon"));
    } catch (DateTimeException | ArithmeticException e) {
      throw Json.mismatch("labelHorizon", "an ISO 8601 duration such as \"PT24H\"", value);
    }
  }

  private Signature signature() throws JsonException {
    Map<String, @Nullable Object> all = Json.object(left.remove("signature"), "signature");
    return new Signature(specs(all, "inputs"), specs(all, "outputs"));
  }

  private static List<TensorSpec> specs(Map<String, @Nullable Object> all, String side)
      throws JsonException {
    List<TensorSpec> specs = new ArrayList<>();
    for (Object each : Json.array(all.get(side), "signature." + side)) {
      String what = "signature." + side + "[" + specs.size() + "]";
      specs.add(spec(Json.object(each, what), what));
    }
    return specs;
  }

  private static TensorSpec spec(Map<String, @Nullable Object> spec, String what)
      throws JsonException {
    String name = Json.string(spec.get("name"), what + ".name");
    DataType type = type(Json.string(spec.get("type"), what + ".type"), what + ".type");
    if (!spec.containsKey("shape")) {
      return TensorSpec.unknownRank(name, type);
    }
    List<@Nullable Object> shape = Json.array(spec.get("shape"), what + ".shape");
    if (shape.size() > MOST_DIMENSIONS) {
      throw new JsonException(
          what
              + ".shape: expected "
              + MOST_DIMENSIONS
              + " dimensions at most, got "
              + shape.size());
    }
    long[] dims = new long[shape.size()];
    @Nullable String[] symbols = new @Nullable String[dims.length];
    for (int i = 0; i < dims.length; i++) {
      Object dim = shape.get(i);
      if (dim == null || dim instanceof String) {
        dims[i] = TensorSpec.DYNAMIC;
        symbols[i] = (String) dim;
      } else {
        dims[i] = Json.whole(dim, what + ".shape[" + i + "]", 0, Long.MAX_VALUE);
      }
    }
    TensorSpec read = TensorSpec.of(name, type, dims, symbols);
    if (!spec.containsKey("labels")) {
      return read;
    }
    List<String> labels = new ArrayList<>();
    for (Object each : Json.array(spec.get("labels"), what + ".labels")) {
      labels.add(Json.string(each, what + ".labels[" + labels.size() + "]"));
    }
    return read.withLabels(labels);
  }

  private static DataType type(String name, String what) throws JsonException {
    for (DataType type : DataType.values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    throw Json.mismatch(what, "one of " + Arrays.toString(DataType.values()), name);
  }

  // ---- writing ----

  /** Returns a manifest as JSON. */
  static byte[] write(Manifest manifest) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    out.put("format", FORMAT);
    out.put("engine", manifest.engine());
    put(out, "main", manifest.main());
    manifest.modelSha256().ifPresent(digest -> out.put("modelSha256", digest));
    out.put("files", manifest.files().stream().map(ManifestJson::write).toList());
    manifest.precision().ifPresent(precision -> out.put("precision", precision));
    put(out, "variants", manifest.variants().stream().map(ManifestJson::write).toList());
    put(out, "warmUpBatchSizes", manifest.warmUpBatchSizes());
    put(out, "sampleInputs", manifest.sampleInputs());
    manifest.signature().ifPresent(signature -> out.put("signature", write(signature)));
    put(out, "trainingProfile", manifest.trainingProfile());
    manifest.labelHorizon().ifPresent(horizon -> out.put("labelHorizon", horizon.toString()));
    manifest.displayName().ifPresent(name -> out.put("displayName", name));
    manifest.entries().forEach(out::putIfAbsent);
    return Json.write(out);
  }

  private static void put(Map<String, @Nullable Object> out, String name, Object value) {
    boolean isEmpty =
        value instanceof String string
            ? string.isEmpty()
            : value instanceof List<?> list ? list.isEmpty() : ((Map<?, ?>) value).isEmpty();
    if (!isEmpty) {
      out.put(name, value);
    }
  }

  private static Map<String, @Nullable Object> write(Manifest.File file) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    out.put("path", file.path());
    out.put("size", file.size());
    out.put("sha256", file.sha256());
    return out;
  }

  private static Map<String, @Nullable Object> write(Manifest.Variant variant) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    out.put("path", variant.path());
    put(out, "precision", variant.precision());
    return out;
  }

  private static Map<String, @Nullable Object> write(Signature signature) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    out.put("inputs", signature.inputs().stream().map(ManifestJson::write).toList());
    out.put("outputs", signature.outputs().stream().map(ManifestJson::write).toList());
    return out;
  }

  private static Map<String, @Nullable Object> write(TensorSpec spec) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    out.put("name", spec.name());
    out.put("type", spec.type().name());
    if (spec.hasRank()) {
      List<@Nullable Object> shape = new ArrayList<>();
      for (int i = 0; i < spec.rank(); i++) {
        shape.add(spec.dim(i) == TensorSpec.DYNAMIC ? spec.symbol(i) : (Object) spec.dim(i));
      }
      out.put("shape", shape);
    }
    put(out, "labels", spec.labels());
    return out;
  }
}

package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.onnx.format.ExternalData;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.onnx.format.ProtoField;
import dev.inproc.inference.onnx.format.ProtoFields;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Walks a model that {@link dev.inproc.inference.onnx.format.ModelStructure} let pass, twice: nodes
 * first, since they tell which bytes hold two weights each.
 */
final class SummaryReader {
  private static final int MAX_KEPT = 10_000;
  private static final int MAX_TEXT = 200;
  private static final Set<String> FLOAT_PRODUCTS =
      Set.of("MatMul", "Gemm", "Conv", "ConvTranspose", "FusedMatMul", "FusedGemm", "FusedConv");

  private final Map<Precision, Long> bytes = new EnumMap<>(Precision.class);
  private final Map<Precision, Integer> products = new EnumMap<>(Precision.class);
  private final Map<String, Long> opsets = new TreeMap<>();
  private final Map<String, Integer> operators = new TreeMap<>();
  private final List<String> inputs = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();
  private final Set<String> symbols = new TreeSet<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, Integer> bitsOfWeights = new TreeMap<>();
  private int floatProducts;
  private boolean rowwise;
  private boolean isModel;
  private long parameters;
  private long externalBytes;
  private long irVersion;
  private String producer = "";

  void read(ProtoBytes model) {
    for (ProtoField field : ProtoFields.of(model)) {
      switch (field.number()) {
        case 1 -> irVersion = field.varint();
        case 2 -> producer = shown(field);
        case 3 -> producer = (producer + " " + shown(field)).strip();
        case 7 -> {
          isModel = true;
          nodes(field.fields());
          interfaces(field.fields());
        }
        case 8 -> opset(field.fields());
        case 14 -> metadata(field.fields());
        case 25 -> functionNodes(field.fields());
        default -> {}
      }
    }
    for (ProtoField field : ProtoFields.of(model)) {
      if (field.number() == 7) {
        tensors(field.fields());
      }
    }
    if (!isModel) {
      throw new ProtoException("it has no graph, so it is no ONNX model");
    }
  }

  // ---- nodes ----

  private void nodes(Iterable<ProtoField> graph) {
    for (ProtoField field : graph) {
      if (field.number() == 1) {
        node(field.fields());
      }
    }
  }

  private void functionNodes(Iterable<ProtoField> function) {
    for (ProtoField field : function) {
      if (field.number() == 7) {
        node(field.fields());
      }
    }
  }

  private void node(Iterable<ProtoField> node) {
    String operator = "";
    String domain = "";
    String second = "";
    int inputsSeen = 0;
    int bits = 4; // as MatMulNBits has it
    boolean hasAxis = false;
    for (ProtoField field : node) {
      switch (field.number()) {
        case 1 -> {
          if (++inputsSeen == 2) {
            second = shown(field);
          }
        }
        case 4 -> operator = shown(field);
        case 5 -> {
          for (ProtoField part : field.fields()) {
            if (part.number() == 6 || part.number() == 11) {
              nodes(part.fields());
            }
          }
          bits = (int) attribute(field.fields(), "bits", bits);
          hasAxis |= attribute(field.fields(), "axis", -1) == 0;
        }
        case 7 -> domain = shown(field);
        default -> {}
      }
    }
    String name = domain.isEmpty() || domain.equals("ai.onnx") ? operator : domain + "." + operator;
    operators.merge(name, 1, Integer::sum);
    bounded(operators.size(), "kinds of operators");
    rowwise |= hasAxis && name.equals("com.microsoft.QuantizeLinear");
    product(operator, bits, second);
  }

  private static long attribute(Iterable<ProtoField> attribute, String name, long orElse) {
    boolean found = false;
    long value = orElse;
    for (ProtoField part : attribute) {
      if (part.number() == 1) {
        found = part.wireType() == 2 && part.length() <= MAX_TEXT && part.string().equals(name);
      } else if (part.number() == 3 && part.wireType() == 0) {
        value = part.varint();
      }
    }
    return found ? value : orElse;
  }

  private void product(String operator, int bits, String weight) {
    if (FLOAT_PRODUCTS.contains(operator)) {
      floatProducts++;
    } else if (operator.equals("MatMulNBits")) {
      products.merge(bits <= 4 ? Precision.INT4 : Precision.INT8, 1, Integer::sum);
      bitsOfWeights.put(weight, bits);
      bounded(bitsOfWeights.size(), "blockwise weights");
    } else if (operator.equals("MatMulBnb4")) {
      products.merge(Precision.INT4, 1, Integer::sum);
      bitsOfWeights.put(weight, 4);
      bounded(bitsOfWeights.size(), "blockwise weights");
    } else if (operator.startsWith("MatMulInteger")
        || operator.startsWith("ConvInteger")
        || operator.startsWith("QLinear")
        || operator.startsWith("DynamicQuantizeMatMul")
        || operator.startsWith("QGemm")
        || operator.startsWith("QAttention")) {
      products.merge(Precision.INT8, 1, Integer::sum);
    }
  }

  // ---- tensors ----

  private void tensors(Iterable<ProtoField> graph) {
    for (ProtoField field : graph) {
      if (field.number() == 5) {
        tensor(field.fields());
      } else if (field.number() == 1) {
        for (ProtoField part : field.fields()) {
          if (part.number() == 5) {
            attributeTensors(part.fields());
          }
        }
      }
    }
  }

  private void attributeTensors(Iterable<ProtoField> attribute) {
    for (ProtoField part : attribute) {
      switch (part.number()) {
        case 5, 10 -> tensor(part.fields());
        case 6, 11 -> tensors(part.fields());
        default -> {}
      }
    }
  }

  private void tensor(Iterable<ProtoField> tensor) {
    long elements = 1;
    int type = 0;
    boolean external = false;
    String name = "";
    for (ProtoField part : tensor) {
      switch (part.number()) {
        case 1 -> {
          for (long dim : part.varints()) {
            boolean fits = dim >= 0 && (dim == 0 || elements <= Long.MAX_VALUE / 8 / dim);
            elements = fits ? elements * dim : 0; // nothing that could be there
          }
        }
        case 2 -> type = (int) part.varint();
        case 8 -> name = shown(part);
        case 14 -> external = part.varint() == 1;
        default -> {}
      }
    }
    Precision precision = Precision.ofType(type);
    long size = elements * bitsOf(precision, type) / 8;
    int packed = bitsOfWeights.getOrDefault(name, 8);
    if (packed <= 4 && precision == Precision.INT8) {
      precision = Precision.INT4;
      elements *= 2;
    }
    bytes.merge(precision, size, Long::sum);
    if (precision != Precision.OTHER) {
      parameters += elements;
    }
    if (external) {
      externalBytes += size;
    }
  }

  private static int bitsOf(Precision precision, int type) {
    return switch (precision) {
      case FP64 -> 64;
      case FP32 -> 32;
      case FP16, BF16 -> 16;
      case FP8, INT8 -> 8;
      case INT4 -> 4;
      case OTHER ->
          switch (type) {
            case 4, 5 -> 16;
            case 6, 12 -> 32;
            case 7, 13, 14 -> 64;
            case 15 -> 128;
            default -> 8;
          };
    };
  }

  // ---- inputs, outputs and the rest ----

  private void interfaces(Iterable<ProtoField> graph) {
    for (ProtoField field : graph) {
      if (field.number() == 11) {
        inputs.add(value(field.fields()));
      } else if (field.number() == 12) {
        outputs.add(value(field.fields()));
      }
      bounded(inputs.size() + outputs.size(), "inputs and outputs");
    }
  }

  private String value(Iterable<ProtoField> value) {
    String name = "";
    String type = "";
    for (ProtoField part : value) {
      if (part.number() == 1) {
        name = shown(part);
      } else if (part.number() == 2) {
        for (ProtoField kind : part.fields()) {
          type = kind.number() == 1 ? tensorType(kind.fields()) : " (no tensor)";
        }
      }
    }
    return name + type;
  }

  private String tensorType(Iterable<ProtoField> type) {
    long element = 0;
    List<String> dims = new ArrayList<>();
    for (ProtoField part : type) {
      if (part.number() == 1) {
        element = part.varint();
      } else if (part.number() == 2) {
        for (ProtoField dim : part.fields()) {
          if (dim.number() == 1) {
            dims.add(dimension(dim.fields()));
            bounded(dims.size(), "dimensions");
          }
        }
      }
    }
    Precision precision = Precision.ofType((int) element);
    return " "
        + (precision == Precision.OTHER ? typeName((int) element) : precision.toString())
        + dims;
  }

  private static String typeName(int type) {
    return switch (type) {
      case 4 -> "UINT16";
      case 5 -> "INT16";
      case 6 -> "INT32";
      case 7 -> "INT64";
      case 8 -> "STRING";
      case 9 -> "BOOL";
      case 12 -> "UINT32";
      case 13 -> "UINT64";
      default -> "type " + type;
    };
  }

  private String dimension(Iterable<ProtoField> dimension) {
    String text = "?";
    for (ProtoField part : dimension) {
      if (part.number() == 1) {
        text = Long.toString(part.varint());
      } else if (part.number() == 2) {
        text = shown(part);
        symbols.add(text);
        bounded(symbols.size(), "symbolic dimensions");
      }
    }
    return text;
  }

  private void opset(Iterable<ProtoField> set) {
    String domain = "";
    long version = 0;
    for (ProtoField part : set) {
      if (part.number() == 1) {
        domain = shown(part);
      } else if (part.number() == 2) {
        version = part.varint();
      }
    }
    opsets.put(domain.equals("ai.onnx") ? "" : domain, version);
    bounded(opsets.size(), "operator sets");
  }

  private void metadata(Iterable<ProtoField> entry) {
    String key = "";
    String value = "";
    for (ProtoField part : entry) {
      if (part.number() == 1) {
        key = shown(part);
      } else if (part.number() == 2) {
        value = shown(part);
      }
    }
    metadata.put(key, value);
    bounded(metadata.size(), "metadata");
  }

  private static void bounded(int size, String what) {
    if (size > MAX_KEPT) {
      throw new ProtoException("it has more than " + MAX_KEPT + " " + what);
    }
  }

  /** The start of a text, whatever its length. */
  private static String shown(ProtoField field) {
    if (field.wireType() != 2) {
      throw new ProtoException("field " + field.number() + " is not a text");
    }
    byte[] head = new byte[(int) Math.min(field.length(), MAX_TEXT)];
    field.source().copy(field.payload(), head, 0, head.length);
    return new String(head, java.nio.charset.StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?");
  }

  // ---- the whole ----

  ModelSummary summary(long fileBytes, Collection<ExternalData> external) {
    Precision precision =
        bytes.entrySet().stream()
            .filter(entry -> entry.getKey() != Precision.OTHER)
            .max(Map.Entry.comparingByValue())
            .map(Map.Entry::getKey)
            .orElse(Precision.OTHER);
    if (floatProducts > 0) {
      products.merge(floatPrecision(), floatProducts, Integer::sum);
    }
    return new ModelSummary(
        precision,
        scheme(),
        Map.copyOf(bytes),
        Map.copyOf(products),
        parameters,
        fileBytes,
        externalBytes,
        external.stream().map(ExternalData::location).toList(),
        irVersion,
        opsets,
        operators,
        inputs,
        outputs,
        symbols,
        producer,
        metadata);
  }

  /** What the floating-point weights are: the products' own types are nowhere written. */
  private Precision floatPrecision() {
    long half = bytes.getOrDefault(Precision.FP16, 0L);
    long brain = bytes.getOrDefault(Precision.BF16, 0L);
    long full = bytes.getOrDefault(Precision.FP32, 0L);
    long twice = bytes.getOrDefault(Precision.FP64, 0L);
    if (half > full && half >= brain) {
      return Precision.FP16;
    }
    if (brain > full) {
      return Precision.BF16;
    }
    return twice > full ? Precision.FP64 : Precision.FP32;
  }

  private String scheme() {
    List<String> found = new ArrayList<>();
    Set<Integer> bits = new TreeSet<>(bitsOfWeights.values());
    if (!bits.isEmpty()) {
      found.add("blockwise " + bits + " bits");
    }
    boolean fused = operators.containsKey("com.microsoft.MatMulIntegerToFloat");
    boolean integer =
        operators.containsKey("MatMulInteger") || operators.containsKey("ConvInteger");
    if (rowwise && (fused || integer)) {
      found.add("row-wise dynamic INT8");
    } else if (fused || integer || operators.containsKey("com.microsoft.DynamicQuantizeMatMul")) {
      found.add("dynamic INT8");
    }
    if (operators.keySet().stream().anyMatch(name -> name.contains("QLinear"))) {
      found.add("static INT8 (QLinear operators)");
    }
    boolean quantizes = operators.containsKey("QuantizeLinear");
    if (quantizes && operators.containsKey("DequantizeLinear")) {
      found.add("static INT8 (QDQ pairs)");
    } else if (found.isEmpty() && operators.containsKey("DequantizeLinear")) {
      found.add("weights only");
    }
    return found.isEmpty() ? "none" : String.join(", ", found);
  }
}

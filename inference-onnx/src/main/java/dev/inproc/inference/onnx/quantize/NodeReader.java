package dev.inproc.inference.onnx.quantize;

import static dev.inproc.inference.onnx.quantize.SummaryText.bounded;
import static dev.inproc.inference.onnx.quantize.SummaryText.shown;

import dev.inproc.inference.onnx.format.ProtoField;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Counts a model's operators and tells its scheme by them. */
final class NodeReader {
  private static final Set<String> FLOAT_PRODUCTS =
      Set.of("MatMul", "Gemm", "Conv", "ConvTranspose", "FusedMatMul", "FusedGemm", "FusedConv");

  final Map<String, Integer> operators = new TreeMap<>();
  final Map<Precision, Integer> products = new EnumMap<>(Precision.class);

  /** How many bits a weight of a blockwise product has, by its name. */
  final Map<String, Integer> bitsOfWeights = new TreeMap<>();

  int floatProducts;
  private boolean rowwise;

  void nodes(Iterable<ProtoField> graph) {
    for (ProtoField field : graph) {
      if (field.number() == 1) {
        node(field.fields());
      }
    }
  }

  void functionNodes(Iterable<ProtoField> function) {
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
        found =
            part.wireType() == 2
                && part.length() <= SummaryText.MAX_TEXT
                && part.string().equals(name);
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

  Set<Scheme> schemes() {
    Set<Scheme> found = EnumSet.noneOf(Scheme.class);
    if (bitsOfWeights.containsValue(8)) {
      found.add(Scheme.BLOCKWISE_INT8);
    }
    if (bitsOfWeights.containsValue(4)) {
      found.add(Scheme.BLOCKWISE_INT4);
    }
    boolean fused = operators.containsKey("com.microsoft.MatMulIntegerToFloat");
    boolean integer =
        operators.containsKey("MatMulInteger") || operators.containsKey("ConvInteger");
    if (rowwise && (fused || integer)) {
      found.add(Scheme.ROWWISE_INT8);
    } else if (fused || integer || operators.containsKey("com.microsoft.DynamicQuantizeMatMul")) {
      found.add(Scheme.DYNAMIC_INT8);
    }
    return Collections.unmodifiableSet(found);
  }

  String scheme() {
    List<String> found = new ArrayList<>();
    Set<Integer> bits = new TreeSet<>(bitsOfWeights.values());
    if (!bits.isEmpty()) {
      found.add("blockwise " + bits + " bits");
    }
    Set<Scheme> schemes = schemes();
    if (schemes.contains(Scheme.ROWWISE_INT8)) {
      found.add("row-wise dynamic INT8");
    } else if (schemes.contains(Scheme.DYNAMIC_INT8)) {
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

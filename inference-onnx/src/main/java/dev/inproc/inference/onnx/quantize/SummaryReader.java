package dev.inproc.inference.onnx.quantize;

import static dev.inproc.inference.onnx.quantize.SummaryText.bounded;
import static dev.inproc.inference.onnx.quantize.SummaryText.shown;

import dev.inproc.inference.onnx.format.ExternalData;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.onnx.format.ProtoField;
import dev.inproc.inference.onnx.format.ProtoFields;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Walks a model that {@link dev.inproc.inference.onnx.format.ModelStructure} let pass, twice: nodes
 * first, since they tell which bytes hold two weights each.
 */
final class SummaryReader {
  private final NodeReader nodes = new NodeReader();
  private final InterfaceReader interfaces = new InterfaceReader();
  private final Map<Precision, Long> bytes = new EnumMap<>(Precision.class);
  private final Map<String, Long> opsets = new TreeMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
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
          nodes.nodes(field.fields());
          interfaces.read(field.fields());
        }
        case 8 -> opset(field.fields());
        case 14 -> metadata(field.fields());
        case 25 -> nodes.functionNodes(field.fields());
        default -> {}
      }
    }
    for (ProtoField field : ProtoFields.of(model)) {
      if (field.number() == 7) {
        tensors(field.fields());
      } else if (field.number() == 25) {
        functionTensors(field.fields());
      }
    }
    if (!isModel) {
      throw new ProtoException("it has no graph, so it is no ONNX model");
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

  private void functionTensors(Iterable<ProtoField> function) {
    for (ProtoField field : function) {
      if (field.number() == 7) {
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
    int packed = nodes.bitsOfWeights.getOrDefault(name, 8);
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

  // ---- the rest ----

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

  // ---- the whole ----

  ModelSummary summary(long fileBytes, Collection<ExternalData> external) {
    Precision precision =
        bytes.entrySet().stream()
            .filter(entry -> entry.getKey() != Precision.OTHER)
            .max(Map.Entry.comparingByValue())
            .map(Map.Entry::getKey)
            .orElse(Precision.OTHER);
    if (nodes.floatProducts > 0) {
      nodes.products.merge(floatPrecision(), nodes.floatProducts, Integer::sum);
    }
    return new ModelSummary(
        precision,
        nodes.scheme(),
        nodes.schemes(),
        Map.copyOf(bytes),
        Map.copyOf(nodes.products),
        parameters,
        fileBytes,
        externalBytes,
        external.stream().map(ExternalData::location).toList(),
        irVersion,
        opsets,
        nodes.operators,
        interfaces.inputs,
        interfaces.outputs,
        interfaces.symbols,
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
}

package dev.inproc.inference.onnx.quantize;

import static dev.inproc.inference.onnx.quantize.SummaryText.bounded;
import static dev.inproc.inference.onnx.quantize.SummaryText.shown;

import dev.inproc.inference.onnx.format.ProtoField;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads what goes into a graph and comes out of it, as words. */
final class InterfaceReader {
  final List<String> inputs = new ArrayList<>();
  final List<String> outputs = new ArrayList<>();
  final Set<String> symbols = new TreeSet<>();

  void read(Iterable<ProtoField> graph) {
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
}

package dev.inproc.inference.tf;

import dev.inproc.inference.tf.SavedModelGraph.SignatureInfo;
import dev.inproc.inference.tf.SavedModelGraph.TensorInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Collects the signatures of one graph; inputs and outputs in the order in which they are written.
 * TensorFlow gives that no meaning, but what writes SavedModels keeps to an order.
 */
final class SignatureReader {
  private final Runnable count;
  private final Map<String, SignatureInfo> all = new TreeMap<>();

  SignatureReader(Runnable count) {
    this.count = count;
  }

  Map<String, SignatureInfo> all() {
    return all;
  }

  /** Adds an entry of the map of signatures. */
  void add(WireReader entry) {
    count.run();
    String key = "";
    Map<String, TensorInfo> inputs = new LinkedHashMap<>();
    Map<String, TensorInfo> outputs = new LinkedHashMap<>();
    while (entry.next()) {
      if (entry.isBytes(1)) {
        key = entry.text();
      } else if (entry.isBytes(2)) {
        WireReader signature = entry.message();
        while (signature.next()) {
          if (signature.isBytes(1)) {
            tensor(signature.message(), inputs);
          } else if (signature.isBytes(2)) {
            tensor(signature.message(), outputs);
          }
        }
      }
    }
    if (all.put(key, new SignatureInfo(inputs, outputs)) != null) {
      throw new IllegalArgumentException("two signatures \"" + key + "\"");
    }
  }

  private void tensor(WireReader entry, Map<String, TensorInfo> tensors) {
    count.run();
    String name = "";
    TensorInfo info = new TensorInfo("", 0, List.of(), List.of(), true);
    while (entry.next()) {
      if (entry.isBytes(1)) {
        name = entry.text();
      } else if (entry.isBytes(2)) {
        info = info(entry.message());
      }
    }
    if (tensors.put(name, info) != null) {
      throw new IllegalArgumentException("two tensors \"" + name + "\" in a signature");
    }
  }

  private TensorInfo info(WireReader info) {
    String tensor = "";
    int type = 0;
    List<Long> dims = new ArrayList<>();
    List<String> symbols = new ArrayList<>();
    boolean hasRank = true;
    while (info.next()) {
      if (info.isBytes(1)) {
        tensor = info.name();
      } else if (info.isVarint(2)) {
        type = (int) info.number();
      } else if (info.isBytes(3)) {
        WireReader shape = info.message();
        while (shape.next()) {
          if (shape.isBytes(2)) {
            dim(shape.message(), dims, symbols);
          } else if (shape.isVarint(3)) {
            hasRank = shape.number() == 0;
          }
        }
      }
    }
    return new TensorInfo(tensor, type, dims, symbols, hasRank);
  }

  private void dim(WireReader dim, List<Long> dims, List<String> symbols) {
    count.run();
    long size = 0;
    String symbol = "";
    while (dim.next()) {
      if (dim.isVarint(1)) {
        size = dim.number();
      } else if (dim.isBytes(2)) {
        symbol = dim.text();
      }
    }
    dims.add(Math.max(size, -1));
    symbols.add(symbol);
  }
}

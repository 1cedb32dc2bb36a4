package dev.inproc.inference.tf;

import dev.inproc.inference.tf.SavedModelGraph.Asset;
import dev.inproc.inference.tf.SavedModelGraph.Function;
import dev.inproc.inference.tf.SavedModelGraph.Node;
import dev.inproc.inference.tf.SavedModelGraph.Saver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@code saved_model.pb} without TensorFlow, bounded in bytes, depth and objects. Field
 * numbers come from TensorFlow's {@code saved_model.proto} and what it includes. A field that
 * protobuf would overwrite or merge is refused when it comes twice: no writer does that, and what
 * was checked must be what is loaded.
 */
final class SavedModelReader {
  /** Objects kept of one file; the largest public graphs have some 100,000 nodes. */
  static final int MAX_ITEMS = 2_000_000;

  private static final int MAX_DEPTH = 32; // far below what a thread's stack holds
  private static final Set<String> INITIALIZER_COLLECTIONS =
      Set.of("saved_model_main_op", "legacy_init_op", "table_initializer");

  private int items;

  private SavedModelReader() {}

  /**
   * Reads every graph of a file.
   *
   * @throws IllegalArgumentException if the bytes are no SavedModel
   */
  static List<SavedModelGraph> read(byte[] file) {
    SavedModelReader reader = new SavedModelReader();
    List<SavedModelGraph> graphs = new ArrayList<>();
    WireReader model = new WireReader(file);
    while (model.next()) {
      if (model.isBytes(2)) {
        graphs.add(reader.metaGraph(model.message()));
      }
    }
    return graphs;
  }

  private void count() {
    if (++items > MAX_ITEMS) {
      throw new IllegalArgumentException("more than " + MAX_ITEMS + " nodes, inputs and functions");
    }
  }

  private static String once(String before, String now, String what) {
    if (!before.isEmpty()) {
      throw new IllegalArgumentException("two values for " + what + ": " + before + ", " + now);
    }
    return now;
  }

  private SavedModelGraph metaGraph(WireReader meta) {
    Set<String> tags = new LinkedHashSet<>();
    String version = "";
    List<Node> nodes = new ArrayList<>();
    List<Function> functions = new ArrayList<>();
    Map<String, String> gradients = new LinkedHashMap<>();
    SignatureReader signatures = new SignatureReader(this::count);
    List<String> initializers = new ArrayList<>();
    List<Asset> assets = new ArrayList<>();
    Saver saver = null;
    while (meta.next()) {
      if (meta.isBytes(1)) {
        version = info(meta.message(), tags, version);
      } else if (meta.isBytes(2)) {
        graph(meta.message(), nodes, functions, gradients);
      } else if (meta.isBytes(3)) {
        if (saver != null) {
          throw new IllegalArgumentException("two savers");
        }
        saver = saver(meta.message());
      } else if (meta.isBytes(4)) {
        collection(meta.message(), initializers);
      } else if (meta.isBytes(5)) {
        signatures.add(meta.message());
      } else if (meta.isBytes(6)) {
        assets.add(asset(meta.message()));
      }
    }
    return new SavedModelGraph(
        tags,
        version,
        nodes,
        functions,
        gradients,
        signatures.all(),
        initializers,
        saver == null ? Saver.NONE : saver,
        assets);
  }

  private String info(WireReader info, Set<String> tags, String before) {
    String version = before;
    while (info.next()) {
      if (info.isBytes(4)) {
        count();
        tags.add(info.text());
      } else if (info.isBytes(5)) {
        version = info.text();
      }
    }
    return version;
  }

  private void graph(
      WireReader graph, List<Node> nodes, List<Function> functions, Map<String, String> gradients) {
    while (graph.next()) {
      if (graph.isBytes(1)) {
        nodes.add(node(graph.message()));
      } else if (graph.isBytes(2)) {
        WireReader library = graph.message();
        while (library.next()) {
          if (library.isBytes(1)) {
            functions.add(function(library.message()));
          } else if (library.isBytes(2)) {
            gradient(library.message(), gradients);
          }
        }
      }
    }
  }

  private Function function(WireReader function) {
    count();
    String name = "";
    List<String> arguments = new ArrayList<>();
    List<Node> nodes = new ArrayList<>();
    boolean swappable = false;
    while (function.next()) {
      if (function.isBytes(1)) {
        WireReader signature = function.message();
        while (signature.next()) {
          if (signature.isBytes(1)) {
            name = once(name, signature.name(), "the name of a function");
          } else if (signature.isBytes(2)) {
            count();
            arguments.add(firstName(signature.message()));
          }
        }
      } else if (function.isBytes(3)) {
        nodes.add(node(function.message()));
      } else if (function.isBytes(5)) {
        swappable |= firstName(function.message()).equals("api_implements");
      }
    }
    return new Function(name, arguments, nodes, swappable);
  }

  /** The string in field 1: the key of a map's entry, the name of an argument. */
  private static String firstName(WireReader message) {
    String name = "";
    while (message.next()) {
      if (message.isBytes(1)) {
        name = once(name, message.name(), "a name");
      }
    }
    return name;
  }

  private void gradient(WireReader gradient, Map<String, String> gradients) {
    count();
    String of = "";
    String by = "";
    while (gradient.next()) {
      if (gradient.isBytes(1)) {
        of = once(of, gradient.name(), "a gradient");
      } else if (gradient.isBytes(2)) {
        by = once(by, gradient.name(), "a gradient");
      }
    }
    gradients.put(of, by);
  }

  private Node node(WireReader node) {
    count();
    String name = "";
    String op = "";
    List<String> inputs = new ArrayList<>();
    Set<String> calls = new LinkedHashSet<>();
    String outputStream = "";
    while (node.next()) {
      if (node.isBytes(1)) {
        name = once(name, node.name(), "the name of a node");
      } else if (node.isBytes(2)) {
        op = once(op, node.name(), "the operator of node " + name);
      } else if (node.isBytes(3)) {
        count();
        inputs.add(node.name());
      } else if (node.isBytes(5)) {
        String stream = attribute(node.message(), calls);
        if (!stream.isEmpty()) {
          outputStream = once(outputStream, stream, "output_stream of node " + name);
        }
      }
    }
    return new Node(
        name, op, List.copyOf(inputs), calls.isEmpty() ? Set.of() : calls, outputStream);
  }

  /** Collects the functions that an attribute names; returns the value of output_stream. */
  private String attribute(WireReader entry, Set<String> calls) {
    String key = "";
    String string = "";
    while (entry.next()) {
      if (entry.isBytes(1)) {
        key = once(key, entry.name(), "the name of an attribute");
      } else if (entry.isBytes(2)) {
        WireReader value = entry.message();
        string = once(string, value(value, calls, 0), "an attribute");
      }
    }
    return key.equals("output_stream") ? string : "";
  }

  /**
   * Collects the functions that a value names; returns its string. A placeholder stands for
   * whatever the function's caller puts there.
   */
  private String value(WireReader value, Set<String> calls, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("attributes nested more than " + MAX_DEPTH + " deep");
    }
    String string = "";
    while (value.next()) {
      if (value.isBytes(2)) {
        string = value.name();
      } else if (value.isBytes(9)) {
        string = "what the caller says, " + value.name();
      } else if (value.isBytes(10)) {
        call(value.message(), calls, depth);
      } else if (value.isBytes(1)) {
        WireReader list = value.message();
        while (list.next()) {
          if (list.isBytes(9)) {
            call(list.message(), calls, depth);
          }
        }
      }
    }
    return string;
  }

  private void call(WireReader function, Set<String> calls, int depth) {
    while (function.next()) {
      if (function.isBytes(1)) {
        count();
        calls.add(function.name());
      } else if (function.isBytes(2)) {
        WireReader entry = function.message();
        while (entry.next()) {
          if (entry.isBytes(2)) {
            value(entry.message(), calls, depth + 1);
          }
        }
      }
    }
  }

  private static Saver saver(WireReader saver) {
    String filename = "";
    String save = "";
    String restore = "";
    while (saver.next()) {
      if (saver.isBytes(1)) {
        filename = once(filename, saver.name(), "the saver's filename");
      } else if (saver.isBytes(2)) {
        save = once(save, saver.name(), "the saver's save");
      } else if (saver.isBytes(3)) {
        restore = once(restore, saver.name(), "the saver's restore");
      }
    }
    return new Saver(filename, save, restore);
  }

  private void collection(WireReader entry, List<String> initializers) {
    String key = "";
    List<String> names = new ArrayList<>();
    while (entry.next()) {
      if (entry.isBytes(1)) {
        key = entry.text();
      } else if (entry.isBytes(2)) {
        WireReader collection = entry.message();
        while (collection.next()) {
          if (collection.isBytes(1)) {
            WireReader list = collection.message();
            while (list.next()) {
              if (list.isBytes(1)) {
                count();
                names.add(list.name());
              }
            }
          }
        }
      }
    }
    if (INITIALIZER_COLLECTIONS.contains(key)) {
      initializers.addAll(names);
    }
  }

  private Asset asset(WireReader asset) {
    count();
    String tensor = "";
    String file = "";
    while (asset.next()) {
      if (asset.isBytes(1)) {
        tensor = once(tensor, firstName(asset.message()), "the tensor of an asset");
      } else if (asset.isBytes(2)) {
        file = once(file, asset.text(), "the file of an asset");
      }
    }
    return new Asset(tensor, file);
  }
}

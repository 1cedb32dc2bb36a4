package dev.inproc.inference.tf;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a SavedModel says, as far as serving and checking it need: one graph, its functions and
 * signatures.
 *
 * @param tags what the graph is for
 * @param version the TensorFlow that wrote it, empty if it does not say
 * @param nodes the main graph
 * @param functions the library
 * @param gradients pairs of a function and its gradient function
 * @param signatures by key
 * @param initializers names of what is run once at load
 * @param saver how variables are saved and restored
 * @param assets files that come with the model
 */
record SavedModelGraph(
    Set<String> tags,
    String version,
    List<Node> nodes,
    List<Function> functions,
    Map<String, String> gradients,
    Map<String, SignatureInfo> signatures,
    List<String> initializers,
    Saver saver,
    List<Asset> assets) {

  /**
   * One operator.
   *
   * @param inputs {@code name}, {@code name:index} or {@code ^name}; in functions also {@code
   *     name:output:index}
   * @param calls the functions that its attributes name
   * @param outputStream where a print goes, empty for anything else
   */
  record Node(
      String name, String op, List<String> inputs, Set<String> calls, String outputStream) {}

  /**
   * A function of the library.
   *
   * @param swappable whether TensorFlow may put it in place of another
   */
  record Function(String name, List<String> arguments, List<Node> nodes, boolean swappable) {}

  /** Inputs and outputs by name. */
  record SignatureInfo(Map<String, TensorInfo> inputs, Map<String, TensorInfo> outputs) {}

  /**
   * A tensor of a signature.
   *
   * @param tensor the graph's {@code node:index}; empty if it is made of several
   * @param type a number of TensorFlow's {@code DataType}
   * @param dims sizes, -1 where open
   * @param symbols the names of dimensions, empty where there is none
   * @param hasRank whether there are dims at all
   */
  record TensorInfo(
      String tensor, int type, List<Long> dims, List<String> symbols, boolean hasRank) {}

  /** Names of the saver's nodes and tensors; empty where there is none. */
  record Saver(String filename, String save, String restore) {
    static final Saver NONE = new Saver("", "", "");
  }

  /** A file that TensorFlow is told of when it loads. */
  record Asset(String tensor, String file) {}

  /** The node of {@code name:index}, {@code name:output:index} or {@code ^name}. */
  static String nodeOf(String input) {
    int start = input.startsWith("^") ? 1 : 0;
    int colon = input.indexOf(':', start);
    return colon < 0 ? input.substring(start) : input.substring(start, colon);
  }
}

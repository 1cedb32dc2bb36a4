package dev.inproc.inference.tf;

import dev.inproc.inference.tf.SavedModelGraph.Function;
import dev.inproc.inference.tf.SavedModelGraph.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds what an untrusted graph must not do. Every node of the main graph and of every function is
 * looked at, reachable or not; four circumstances tell what is allowed:
 *
 * <ul>
 *   <li>what runs with requests, or may: only harmless operators;
 *   <li>what only initializes: also tables read from a file, if its name is an asset's, since
 *       TensorFlow feeds such inputs with paths inside the model;
 *   <li>what only restores: also reading a checkpoint, if its name is the saver's, since TensorFlow
 *       feeds that with the model's own variables;
 *   <li>what only saves: also writing checkpoints. It is never run.
 * </ul>
 *
 * <p>A function has the circumstances of everything that calls it, and file names are followed from
 * a call's inputs to the function's arguments.
 */
final class SafetyCheck {
  /** Every way of calling a function is checked; hostile graphs have very many. */
  private static final long MAX_CHECKS = 20L * SavedModelReader.MAX_ITEMS;

  private enum When {
    SERVING,
    INITIALIZING,
    RESTORING,
    SAVING
  }

  private static final Set<String> RESTORE = Set.of("RestoreV2", "Restore", "RestoreSlice");
  private static final Set<String> SAVE =
      Set.of("SaveV2", "Save", "SaveSlices", "MergeV2Checkpoints");
  private static final Set<String> TABLE_FROM_FILE =
      Set.of("InitializeTableFromTextFile", "InitializeTableFromTextFileV2");
  private static final Set<String> PASSING_ON = Set.of("Identity", "StopGradient");

  /** A function in one circumstance, with the arguments that are file names of the model's own. */
  private record Call(String function, When when, Set<String> ownFiles) {}

  private final SavedModelGraph graph;
  private final Set<String> allowed;
  private final Map<String, Node> nodes = new HashMap<>();
  private final Map<String, Function> functions = new HashMap<>();
  private final Deque<Call> pending = new ArrayDeque<>();
  private final Set<Call> seen = new HashSet<>();
  private final Set<String> visited = new HashSet<>();
  private long checked;

  private SafetyCheck(SavedModelGraph graph, Set<String> allowed) {
    this.graph = graph;
    this.allowed = allowed;
    for (Node node : graph.nodes()) {
      if (node.name().isEmpty() || nodes.put(node.name(), node) != null) {
        throw new IllegalArgumentException("two nodes named \"" + node.name() + "\"");
      }
    }
    for (Function function : graph.functions()) {
      if (functions.put(function.name(), function) != null) {
        throw new IllegalArgumentException("two functions named " + function.name());
      }
    }
  }

  /**
   * Says what is wrong with a graph.
   *
   * @param allowed operators that the user trusts
   * @return null if nothing is
   */
  static @Nullable String refusal(SavedModelGraph graph, Set<String> allowed) {
    return new SafetyCheck(graph, allowed).check();
  }

  /** The operators that a run of this signature may get to, in functions too. */
  static Set<String> operators(SavedModelGraph graph, SavedModelGraph.SignatureInfo signature) {
    SafetyCheck check = new SafetyCheck(graph, Set.of());
    List<String> outputs = new ArrayList<>();
    signature.outputs().values().forEach(output -> outputs.add(output.tensor()));
    Deque<Collection<Node>> bodies = new ArrayDeque<>();
    bodies.add(check.ancestors(outputs).stream().map(check.nodes::get).toList());
    Set<String> entered = new HashSet<>();
    Set<String> operators = new HashSet<>();
    while (!bodies.isEmpty()) {
      for (Node node : bodies.remove()) {
        Set<String> callees = check.callees(node);
        if (callees.isEmpty()) {
          operators.add(node.op());
        }
        for (String callee : callees) {
          Function function = check.functions.get(callee);
          if (function != null && entered.add(callee)) {
            bodies.add(function.nodes());
          }
        }
      }
    }
    return operators;
  }

  /** Returns the inputs of a signature that none of its outputs depends on. */
  static Set<String> unusedInputs(SavedModelGraph graph, SavedModelGraph.SignatureInfo signature) {
    SafetyCheck check = new SafetyCheck(graph, Set.of());
    List<String> outputs = new ArrayList<>();
    signature.outputs().values().forEach(output -> outputs.add(output.tensor()));
    Set<String> used = check.ancestors(outputs);
    Set<String> unused = new HashSet<>();
    signature
        .inputs()
        .forEach(
            (name, input) -> {
              String node = SavedModelGraph.nodeOf(input.tensor());
              if (check.nodes.containsKey(node) && !used.contains(node)) {
                unused.add(name);
              }
            });
    return unused;
  }

  private @Nullable String check() {
    List<String> served = new ArrayList<>();
    List<String> once = new ArrayList<>(graph.initializers());
    graph
        .signatures()
        .forEach(
            (key, signature) ->
                signature
                    .outputs()
                    .values()
                    .forEach(
                        output ->
                            (key.equals("__saved_model_init_op") ? once : served)
                                .add(output.tensor())));
    Set<String> serving = ancestors(served);
    Set<String> initializing = ancestors(once);
    Set<String> restoring = ancestors(List.of(graph.saver().restore()));
    Set<String> saving = ancestors(List.of(graph.saver().save()));

    Set<String> assets = new HashSet<>();
    graph.assets().forEach(asset -> assets.add(SavedModelGraph.nodeOf(asset.tensor())));
    Set<String> filename = Set.of(SavedModelGraph.nodeOf(graph.saver().filename()));
    for (Node node : graph.nodes()) {
      String name = node.name();
      When when = When.SERVING;
      if (!serving.contains(name)) {
        boolean initializes = initializing.contains(name);
        boolean restores = restoring.contains(name);
        if (initializes && !restores) {
          when = When.INITIALIZING;
        } else if (restores && !initializes) {
          when = When.RESTORING;
        } else if (!restores && saving.contains(name)) {
          when = When.SAVING;
        }
      }
      Set<String> ownFiles =
          when == When.INITIALIZING ? assets : when == When.RESTORING ? filename : Set.of();
      String refusal = check(node, when, nodes, ownFiles, "");
      if (refusal != null) {
        return refusal;
      }
    }
    return checkFunctions();
  }

  private @Nullable String checkFunctions() {
    // A function that nothing calls, or that TensorFlow may call in place of another, may serve.
    String refusal = drain();
    for (Function function : graph.functions()) {
      if (refusal == null && (function.swappable() || !visited.contains(function.name()))) {
        enter(function.name(), When.SERVING, Set.of());
        refusal = drain();
      }
    }
    return refusal;
  }

  private @Nullable String drain() {
    while (!pending.isEmpty()) {
      Call call = pending.remove();
      Function function = Objects.requireNonNull(functions.get(call.function));
      Map<String, Node> body = new HashMap<>();
      for (Node node : function.nodes()) {
        if (body.put(node.name(), node) != null || function.arguments().contains(node.name())) {
          return "function " + call.function + " has two nodes named " + node.name();
        }
      }
      String where = " in function " + call.function;
      for (Node node : function.nodes()) {
        String refusal = check(node, call.when, body, call.ownFiles, where);
        if (refusal != null) {
          return refusal;
        }
      }
    }
    return null;
  }

  private @Nullable String check(
      Node node, When when, Map<String, Node> body, Set<String> ownFiles, String where) {
    if (++checked > MAX_CHECKS) {
      return "its functions call each other in more ways than can be checked";
    }
    Set<String> callees = callees(node);
    for (String callee : callees) {
      Function function = functions.get(callee);
      if (function != null) {
        enter(callee, when, ownArguments(node, function, body, ownFiles));
      }
    }
    if (functions.containsKey(node.op()) || allowed.contains(node.op())) {
      return null; // a function by its own name, or an operator of a trusted library
    }
    String refusal = Operators.refusal(node);
    if (refusal == null) {
      return null;
    }
    String op = node.op();
    boolean ownFile = !node.inputs().isEmpty();
    if (when == When.RESTORING && RESTORE.contains(op)) {
      ownFile &= isOwn(node.inputs().get(0), body, ownFiles);
      if (ownFile) {
        return null;
      }
    } else if (when == When.INITIALIZING && TABLE_FROM_FILE.contains(op)) {
      ownFile = node.inputs().size() > 1 && isOwn(node.inputs().get(1), body, ownFiles);
      if (ownFile) {
        return null;
      }
    } else if (when == When.SAVING && SAVE.contains(op)) {
      return null;
    }
    return "operator " + op + " of node \"" + node.name() + "\"" + where + " " + refusal;
  }

  /** Follows a tensor to its source: does it name a file that TensorFlow itself gives? */
  private static boolean isOwn(String input, Map<String, Node> body, Set<String> ownFiles) {
    String name = input;
    for (int steps = 0; steps <= body.size(); steps++) {
      String node = SavedModelGraph.nodeOf(name);
      if (ownFiles.contains(node)) {
        return true;
      }
      Node source = body.get(node);
      if (source == null || !PASSING_ON.contains(source.op()) || source.inputs().isEmpty()) {
        return false;
      }
      name = source.inputs().get(0);
    }
    return false;
  }

  private static Set<String> ownArguments(
      Node node, Function function, Map<String, Node> body, Set<String> ownFiles) {
    Set<String> own = new LinkedHashSet<>();
    // Only plain calls give their inputs to the function's arguments in order.
    boolean plain = node.op().endsWith("PartitionedCall") || node.op().equals(function.name());
    for (int i = 0; plain && i < function.arguments().size() && i < node.inputs().size(); i++) {
      if (isOwn(node.inputs().get(i), body, ownFiles)) {
        own.add(function.arguments().get(i));
      }
    }
    return own;
  }

  private void enter(String name, When when, Set<String> ownFiles) {
    Call call = new Call(name, when, ownFiles);
    if (seen.add(call)) {
      visited.add(name);
      pending.add(call);
    }
  }

  private Set<String> callees(Node node) {
    Set<String> callees = new LinkedHashSet<>(node.calls());
    if (functions.containsKey(node.op())) {
      callees.add(node.op());
    }
    for (String callee : List.copyOf(callees)) {
      String gradient = graph.gradients().get(callee);
      if (gradient != null) {
        callees.add(gradient);
      }
    }
    return callees;
  }

  /** The main graph's nodes that these tensors need. */
  private Set<String> ancestors(List<String> tensors) {
    Set<String> found = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>();
    tensors.forEach(tensor -> open.add(SavedModelGraph.nodeOf(tensor)));
    while (!open.isEmpty()) {
      String name = open.remove();
      Node node = nodes.get(name);
      if (node != null && found.add(name)) {
        node.inputs().forEach(input -> open.add(SavedModelGraph.nodeOf(input)));
      }
    }
    return found;
  }
}

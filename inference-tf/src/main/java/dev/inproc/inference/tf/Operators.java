package dev.inproc.inference.tf;

import dev.inproc.inference.spi.Statefulness;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The operators that an untrusted model may have: a list of harmless ones. All others are refused,
 * unknown ones included. The patterns only put the reason into words.
 */
final class Operators {
  private static final Map<String, Boolean> HARMLESS = load();
  private static final Set<String> STREAMS =
      Set.of("", "stdout", "stderr", "log(info)", "log(warning)", "log(error)");

  private static final Pattern WRITING =
      Pattern.compile(
          "Assign.*|StridedSliceAssign|(Sparse)?Apply.*|Scatter(Nd)?(Add|Sub|Mul|Div|Min|Max|Update)"
              + "|Resource(Apply|SparseApply|Scatter|StridedSliceAssign|CountUpTo|Accumulator).*"
              + "|CountUpTo|LookupTable(Insert|Remove|Import).*|DestroyResourceOp|Mutex.*"
              + "|Rng(ReadAnd)?Skip.*|Stateful(StandardNormal|TruncatedNormal|Uniform|Random).*"
              + "|.*(Enqueue|Dequeue).*|Barrier.*|.*Stage|.*ConditionalAccumulator.*"
              + "|(Add|TakeMany|AddMany)Sparse.*TensorsMap");

  private static final Pattern RANDOM =
      Pattern.compile(
          "Random.*|Multinomial|TruncatedNormal|ParameterizedTruncatedNormal|.*CandidateSampler");

  private record Danger(Pattern operator, String reason) {}

  private static final Danger[] DANGERS = {
    danger("PyFunc|EagerPyFunc|PyFuncStateless", "runs code of the host"),
    danger(".*LoadLibrary.*|TfLiteSubgraphExecute|TRTEngineOp|Xla.*|Mlir.*", "runs foreign code"),
    danger("Abort", "ends the process"),
    danger("Save.*|Restore.*|MergeV2Checkpoints|.*Checkpoint.*", "reads or writes checkpoints"),
    danger(
        "Rpc.*|.*Rpc|RemoteCall|_?(Host)?(Send|Recv)|Collective.*|Nccl.*|.*Tpu.*|.*TPU.*",
        "talks to other processes or devices"),
    danger("Debug.*|Dump.*|.*Summary.*|ImportEvent", "writes what it sees to files or sockets"),
    danger(".*Dataset.*|.*Iterator.*", "reads data by itself, from files perhaps"),
    danger(
        ".*(File|Filenames|Files|Filesystem|FileSystem).*|.*Reader.*|ImmutableConst|RecordInput"
            + "|Skipgram|FixedUnigramCandidateSampler|LoadAndRemapMatrix|GenerateVocabRemapping"
            + "|(En|De)codeProto.*",
        "reads or writes files"),
  };

  private Operators() {}

  private static Danger danger(String operator, String reason) {
    return new Danger(Pattern.compile(operator), reason);
  }

  private static Map<String, Boolean> load() {
    Map<String, Boolean> operators = new HashMap<>();
    try (InputStream in = Operators.class.getResourceAsStream("operators.txt")) {
      if (in == null) {
        throw new IllegalStateException("operators.txt is missing");
      }
      new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
          .lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(
              line -> {
                boolean keeps = line.endsWith(" *");
                operators.put(keeps ? line.substring(0, line.length() - 2) : line, keeps);
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return operators;
  }

  /** Why a node is refused; null if it is harmless. */
  static @Nullable String refusal(SavedModelGraph.Node node) {
    if (!HARMLESS.containsKey(node.op())) {
      for (Danger danger : DANGERS) {
        if (danger.operator.matcher(node.op()).matches()) {
          return danger.reason;
        }
      }
      return "is not known to be harmless";
    }
    return STREAMS.contains(node.outputStream()) ? null : "prints to " + node.outputStream();
  }

  /** Whether an operator may hold on to a tensor when the run is over. */
  static boolean keepsTensors(String operator) {
    Boolean keeps = HARMLESS.get(operator);
    return keeps == null || keeps;
  }

  /** What these operators tell about state that outlives a run. */
  static Statefulness statefulness(Set<String> operators) {
    Statefulness told = Statefulness.NONE;
    for (String operator : operators) {
      if (WRITING.matcher(operator).matches()) {
        return Statefulness.CERTAIN;
      }
      if (!HARMLESS.containsKey(operator)) {
        told = Statefulness.POSSIBLE;
      } else if (told == Statefulness.NONE && RANDOM.matcher(operator).matches()) {
        told = Statefulness.RANDOM;
      }
    }
    return told;
  }

  static int count() {
    return HARMLESS.size();
  }

  static boolean isHarmless(String operator) {
    return HARMLESS.containsKey(operator);
  }
}

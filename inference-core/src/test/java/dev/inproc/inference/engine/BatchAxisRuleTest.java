package dev.inproc.inference.engine;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A table of signatures, written as {@code "N,16; N -> N,4"}: a name, a number, or ?. */
class BatchAxisRuleTest {
  static Signature signature(String text) {
    String[] sides = text.split("->", -1);
    return new Signature(specs("in", sides[0]), specs("out", sides[1]));
  }

  private static List<TensorSpec> specs(String prefix, String side) {
    List<TensorSpec> specs = new ArrayList<>();
    if (!side.isBlank()) {
      for (String one : side.split(";", -1)) {
        specs.add(spec(prefix + specs.size(), one.strip()));
      }
    }
    return specs;
  }

  @SuppressWarnings("NullAway") // it misreads an array of nullables passed for varargs
  private static TensorSpec spec(String name, String text) {
    if (text.equals("...")) {
      return TensorSpec.unknownRank(name, DataType.FLOAT32);
    }
    String[] parts = text.isEmpty() ? new String[0] : text.split(",", -1);
    long[] dims = new long[parts.length];
    @Nullable String[] symbols = new @Nullable String[parts.length];
    for (int i = 0; i < parts.length; i++) {
      String part = parts[i].strip();
      boolean fixed = Character.isDigit(part.charAt(0));
      dims[i] = fixed ? Long.parseLong(part) : TensorSpec.DYNAMIC;
      symbols[i] = fixed || part.equals("?") ? null : part;
    }
    return TensorSpec.of(name, DataType.FLOAT32, dims, symbols);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "N,16 -> N,4            | true  | the usual case",
        "N,16; N,S -> N,4; N    | true  | several of each",
        "?,16 -> ?,4            | true  | no names",
        "?,16 -> N,4            | true  | a name on one side alone",
        "N,16 -> ...            | true  | runs check the rows",
        "N,16 -> N,4; ...       | true  | one output unknown",
        "N -> N                 | true  | rows of scalars",
        "N,16 -> M,4            | false | names disagree",
        "N,16; M,16 -> N,4      | false | inputs disagree",
        "N,16; ?,16 -> N,4      | false | a name and none are not one",
        "N,16; 3 -> N,4         | false | an input without it",
        "N,16; 1,3 -> N,4       | false | one row for all",
        "N,16 -> 4              | false | an output without it",
        "N,16 -> 1,4            | false | a reduction over the batch",
        "1,3,8,8 -> 1,10        | true  | exported for one example",
        "1,3,8,8 -> 1,10; 1     | true  | and with two outputs",
        "1,3,8,8 -> 10          | false | the output is not one row",
        "1,3; 2,3 -> 1,4        | false | fixed otherwise",
        "4,3 -> 4,2             | false | a fixed batch must be told",
        "1,3 -> ...             | false | nothing confirms the one",
        "-> N,4                 | false | no inputs",
        "... -> N,4             | false | an input of unknown rank",
        "N,16; ... -> N,4       | false | one of several",
      })
  void leads_signature_asTheTableSays(String text, boolean leads, String why) {
    assertEquals(leads, BatchAxisRule.leads(signature(text)), why);
  }

  /**
   * One name in two places of a tensor ties them: cut into rows, neither is true any more. A
   * similarity of all rows with all would give each row an answer as long as its batch (I5).
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "N,16 -> N,N            | all pairs of rows",
        "N,N; N,8 -> N,4        | a graph's adjacency and its nodes",
        "N,16; N,N -> N,16      | an attention bias",
      })
  void leads_batchNameInAnotherDimension_isNone(String text, String why) {
    assertEquals(false, BatchAxisRule.leads(signature(text)), why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "batch_size,4 -> Gemmy_dim_0,2      | true  | an exporter's name on the output",
        "batch,4 -> unk__6,2                | true  | another exporter's",
        "unk__5,4 -> unk__6,2               | true  | names of exporters alone",
        "N,4; dynamic_axes_1,3 -> N,2       | true  | on one input",
        "N,4; None,3 -> ?,2; ...            | true  | with and without names",
        "N,16; ?,16 -> N,4                  | true  | a name and none",
        "N,16 -> M,4                        | false | real names disagree",
        "batch,4; texts,4 -> unk__6,2       | false | on the inputs too",
        "unk__5,4 -> 4,2                    | false | an output without it",
        "unk__5,4 -> unk__5,unk__5          | false | one length in two places",
        "seq,batch,3 -> unk__5,2            | false | the batch axis is another",
      })
  void mayLead_signature_asTheTableSays(String text, boolean may, String why) {
    assertEquals(may, BatchAxisRule.mayLead(signature(text)), why);
  }

  @ParameterizedTest
  @CsvSource({
    "'seq,batch,3 -> seq,batch,2'",
    "'seq_len,batch_size,3; seq_len,batch_size -> seq_len,batch_size'"
  })
  void leads_batchNamedElsewhere_isNone(String text) {
    assertEquals(false, BatchAxisRule.leads(signature(text)));
  }

  @Test
  void leads_scalarInput_isNone() {
    Signature scalar =
        new Signature(
            List.of(TensorSpec.fixed("x", DataType.FLOAT32)),
            List.of(TensorSpec.fixed("y", DataType.FLOAT32)));
    assertEquals(false, BatchAxisRule.leads(scalar));
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> BatchAxisRule.checkCanLead(scalar)),
        "x FLOAT32[] is a scalar");
  }

  @Test
  void fixedSize_inputs_mustAgree() {
    assertEquals(0, BatchAxisRule.fixedSize(signature("N,3 -> N")));
    assertEquals(4, BatchAxisRule.fixedSize(signature("4,3; 4 -> 4")));
    assertEquals(4, BatchAxisRule.fixedSize(signature("N,3; 4 -> 4")));
    assertThrows(
        IllegalArgumentException.class, () -> BatchAxisRule.fixedSize(signature("4,3; 5 -> 4")));
  }
}

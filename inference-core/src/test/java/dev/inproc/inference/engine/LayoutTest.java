package dev.inproc.inference.engine;

import static dev.inproc.inference.engine.BatchAxisRuleTest.signature;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayoutTest {
  private static Layout layout(String text) {
    return new Layout(signature(text), BatchAxis.AUTO);
  }

  @Test
  void variables_ofOneName_areOne() {
    Layout layout = layout("N,S,8; N,S; N,T -> N,S,T; N,4");
    assertEquals(2, layout.variables());
    assertEquals("S", layout.variableName(0));
    assertEquals("T", layout.variableName(1));
    assertEquals(0, layout.inputVariable(0, 0));
    assertEquals(Layout.FIXED, layout.inputVariable(0, 1));
    assertEquals(0, layout.inputVariable(1, 0));
    assertEquals(1, layout.inputVariable(2, 0));
    long[] sizes = {5, 7};
    assertEquals(Shape.of(5, 8), layout.inputShape(0, sizes));
    assertEquals(Shape.of(5, 7), layout.outputShape(0, sizes));
    assertEquals(Shape.of(4), layout.outputShape(1, sizes));
    assertEquals(Shape.of(3, 5, 8), layout.inRun(layout.inputShape(0, sizes), 3));
    assertEquals(5 * 7 * 4, layout.outputBytes(0, sizes));
  }

  @Test
  void variables_withoutNames_areOneEach() {
    Layout layout = layout("?,?; ?,? -> ?,4");
    assertEquals(2, layout.variables());
    assertEquals("in0[0]", layout.variableName(0));
    assertEquals("in1[0]", layout.variableName(1));
  }

  @Test
  void outputs_thatNothingTells_areNotForeseeable() {
    Layout layout = layout("N,S -> N,S; N,?; N,K; ...; N,3");
    boolean[] foreseeable = {true, false, false, false, true};
    boolean[] sized = {true, true, true, true, false};
    for (int i = 0; i < 5; i++) {
      assertEquals(foreseeable[i], layout.isForeseeable(i), "output " + i);
      assertEquals(sized[i], layout.isSized(i), "output " + i);
      if (!foreseeable[i]) {
        assertNull(layout.outputShape(i, new long[] {5}));
        assertEquals(0, layout.outputBytes(i, new long[] {5}));
      }
    }
  }

  @Test
  void batchAxis_told_isObeyed() {
    Layout none = new Layout(signature("N,16 -> N,4"), BatchAxis.NONE);
    assertFalse(none.isBatched());
    assertEquals(1, none.variables());
    assertEquals(Shape.of(16), none.inRun(Shape.of(16), 5));
    Layout fixed = new Layout(signature("4,16 -> 4,2"), BatchAxis.LEADING);
    assertTrue(fixed.isBatched());
    assertEquals(4, fixed.fixedBatch());
    assertThrows(
        IllegalArgumentException.class,
        () -> new Layout(signature("4,16; 3,16 -> 4"), BatchAxis.LEADING));
  }

  @Test
  void outputOfRankZero_underALeadingAxis_isUnknown() {
    Layout layout =
        new Layout(
            new Signature(
                signature("N,16 -> N").inputs(), List.of(TensorSpec.fixed("y", DataType.FLOAT32))),
            BatchAxis.LEADING);
    assertFalse(layout.isForeseeable(0));
    assertEquals("[...]", layout.example().outputs().get(0).dimensions());
  }

  @Test
  void sizesOf_anExample_areItsVariables() {
    Layout layout = layout("N,S,8; N,T -> N");
    Tensors example =
        Tensors.of("in1", Tensor.of(new float[7]), "in0", Tensor.of(Shape.of(5, 8), new float[40]));
    assertArrayEquals(new long[] {5, 7}, layout.sizesOf(example));
    Layout fixed = layout("N,8 -> N");
    assertArrayEquals(new long[0], fixed.sizesOf(Tensors.of("in0", Tensor.of(new float[8]))));
  }
}

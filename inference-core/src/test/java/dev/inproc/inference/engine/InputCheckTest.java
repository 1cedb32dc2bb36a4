package dev.inproc.inference.engine;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each way of being wrong (I8), told in words that hold what was expected and what came. */
class InputCheckTest {
  /** {@code (ids INT64[batch, length, 2], mask BOOL[batch, length]) -> (y FLOAT32[batch])}. */
  private static final Signature SIGNATURE =
      new Signature(
          List.of(
              TensorSpec.of("ids", DataType.INT64, new long[] {-1, -1, 2}, "batch", "length", null),
              TensorSpec.of("mask", DataType.BOOL, new long[] {-1, -1}, "batch", "length")),
          List.of(TensorSpec.of("y", DataType.FLOAT32, new long[] {-1}, "batch")));

  private static final Layout LAYOUT = new Layout(SIGNATURE, BatchAxis.AUTO);

  private static Tensor ids(long... dims) {
    return Tensor.fill(DataType.INT64, Shape.of(dims), b -> {});
  }

  private static Tensor mask(long... dims) {
    return Tensor.fill(DataType.BOOL, Shape.of(dims), b -> {});
  }

  private static InvalidInputException refused(Tensors inputs, String... parts) {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> InputCheck.example(LAYOUT, inputs, 10_000));
    assertSays(e, parts);
    return e;
  }

  private static void refusedRaw(Tensors inputs, String... parts) {
    assertSays(
        assertThrows(InvalidInputException.class, () -> InputCheck.raw(LAYOUT, inputs, 10_000)),
        parts);
  }

  @Test
  void example_right_givesItsSizesInAnyOrder() {
    assertArrayEquals(
        new long[] {3},
        InputCheck.example(LAYOUT, Tensors.of("ids", ids(3, 2), "mask", mask(3)), 10_000));
    assertArrayEquals(
        new long[] {3},
        InputCheck.example(LAYOUT, Tensors.of("mask", mask(3), "ids", ids(3, 2)), 10_000));
  }

  @Test
  void example_missingInput_isNamed() {
    InvalidInputException e =
        refused(
            Tensors.of("ids", ids(3, 2)),
            "Input \"mask\": expected BOOL[length] (one example, without the batch axis)",
            "got none; the call has [ids]");
    assertEquals("mask", e.tensor());
    assertEquals("none; the call has [ids]", e.actual());
  }

  @Test
  void example_wrongName_isMissing() {
    refused(Tensors.of("ids", ids(3, 2), "masc", mask(3)), "\"mask\"", "the call has [ids, masc]");
  }

  @Test
  void example_surplusInput_isNamed() {
    refused(
        Tensors.of("ids", ids(3, 2), "mask", mask(3), "extra", mask(1)),
        "Input \"extra\": expected no such input; the model takes [ids, mask], got BOOL[1]");
  }

  @Test
  void example_wrongType_saysBoth() {
    refused(
        Tensors.of("ids", Tensor.of(Shape.of(3, 2), new int[6]), "mask", mask(3)),
        "Input \"ids\": expected INT64[length, 2]",
        "got INT32[3, 2]");
  }

  @Test
  void example_wrongRank_saysBothAndHintsAtTheBatchAxis() {
    refused(
        Tensors.of("ids", ids(1, 3, 2), "mask", mask(1, 3)),
        "without the batch axis",
        "got INT64[1, 3, 2]");
  }

  @Test
  void example_wrongFixedDimension_saysBoth() {
    refused(
        Tensors.of("ids", ids(3, 4), "mask", mask(3)), "expected INT64[length, 2]", "INT64[3, 4]");
  }

  @Test
  void example_sizesOfOneNameDiffer_isIrregularAndBringsItsShapesAlong() {
    Tensors inputs = Tensors.of("ids", ids(3, 2), "mask", mask(4));
    long[] sizes = InputCheck.example(LAYOUT, inputs, 10_000);
    assertTrue(LAYOUT.isIrregular(sizes));
    assertArrayEquals(sizes, LAYOUT.sizesOf(inputs));
    assertEquals(Shape.of(3, 2), LAYOUT.inputShape(0, sizes));
    assertEquals(Shape.of(4), LAYOUT.inputShape(1, sizes));
    assertSays(
        InputCheck.clash(LAYOUT, inputs, false).refused(new EngineException("it broke", null)),
        "Input \"mask\": expected length = 3 in dimension 0, as in the inputs before, got BOOL[4]",
        "could not run: it broke");
  }

  @Test
  void example_lengthZero_isTakenWhereTheModelLeavesItOpen() {
    Tensors none = Tensors.of("ids", ids(0, 2), "mask", mask(0));
    assertArrayEquals(new long[] {0}, InputCheck.example(LAYOUT, none, 10_000));
    refused(Tensors.of("ids", ids(3, 0), "mask", mask(3)), "INT64[length, 2]", "INT64[3, 0]");
    refused(Tensors.of("ids", ids(0, 2), "mask", mask(3, 0)), "BOOL[length]", "BOOL[3, 0]");
  }

  @Test
  void raw_lengthZeroBesideLongOnes_countsTheOthers() {
    Tensors many = Tensors.of("ids", ids(600, 0, 2), "mask", mask(600, 0));
    refusedRaw(many, "at most 10000 bytes in all", "got 10200 bytes");
    Tensors fewer = Tensors.of("ids", ids(588, 0, 2), "mask", mask(588, 0));
    assertEquals(588, InputCheck.raw(LAYOUT, fewer, 10_000).rows());
  }

  @Test
  void example_bytesOverTheLimit_saysBoth() {
    refused(
        Tensors.of("ids", ids(600, 2), "mask", mask(600)),
        "at most 10000 bytes in all (SessionOptions.maxRunBytes), got 10200 bytes");
    Tensors within = Tensors.of("ids", ids(588, 2), "mask", mask(588));
    assertArrayEquals(new long[] {588}, InputCheck.example(LAYOUT, within, 10_000));
  }

  @Test
  void raw_right_givesRowsAndSizes() {
    InputCheck.Raw raw =
        InputCheck.raw(LAYOUT, Tensors.of("ids", ids(5, 3, 2), "mask", mask(5, 3)), 10_000);
    assertEquals(5, raw.rows());
    assertArrayEquals(new long[] {3}, raw.sizes());
  }

  @Test
  void raw_wrong_isRefused() {
    refusedRaw(Tensors.of("ids", ids(3, 2), "mask", mask(3)), "INT64[batch, length, 2], got");
    refusedRaw(Tensors.of("ids", ids(0, 3, 1), "mask", mask(0, 3)), "INT64[0, 3, 1]");
  }

  @Test
  void raw_noRows_isTaken() {
    InputCheck.Raw raw =
        InputCheck.raw(LAYOUT, Tensors.of("ids", ids(0, 3, 2), "mask", mask(0, 3)), 10_000);
    assertEquals(0, raw.rows());
    assertArrayEquals(new long[] {3}, raw.sizes());
  }

  @Test
  void raw_rowsOrSizesDiffer_isIrregularInWholeShapes() {
    irregularRaw(ids(5, 3, 2), mask(4, 3), "expected 5 rows, as in the inputs", "got BOOL[4, 3]");
    irregularRaw(ids(0, 3, 2), mask(4, 3), "expected 0 rows, as in the inputs", "got BOOL[4, 3]");
    irregularRaw(ids(5, 3, 2), mask(5, 4), "expected length = 3 in dimension 1", "got BOOL[5, 4]");
  }

  private static void irregularRaw(Tensor ids, Tensor mask, String... parts) {
    Tensors inputs = Tensors.of("ids", ids, "mask", mask);
    InputCheck.Raw raw = InputCheck.raw(LAYOUT, inputs, 10_000);
    assertEquals(Layout.WHOLE, raw.rows());
    assertTrue(LAYOUT.isIrregular(raw.sizes()));
    assertEquals(ids.shape(), LAYOUT.inRun(LAYOUT.inputShape(0, raw.sizes()), raw.rows()));
    assertEquals(mask.shape(), LAYOUT.inRun(LAYOUT.inputShape(1, raw.sizes()), raw.rows()));
    EngineException cause = new EngineException("it broke", null);
    assertSays(InputCheck.clash(LAYOUT, inputs, true).refused(cause), parts);
  }

  @Test
  void areAlike_sameNamesTypesAndShapes_alone() {
    List<String> names = List.of("ids", "mask");
    Shape shape = Shape.of(3, 2);
    Tensor ids = Tensor.fill(DataType.INT64, shape, b -> {});
    Tensor mask = mask(3);
    Tensors checked = Tensors.of(names, ids, mask);
    Tensor otherIds = Tensor.fill(DataType.INT64, shape, b -> b.putLong(7));
    assertTrue(alike(LAYOUT, checked, Tensors.of(names, otherIds, mask(3))));

    assertFalse(alike(LAYOUT, checked, null));
    assertFalse(alike(LAYOUT, checked, Tensors.of(List.of("ids", "mask"), ids, mask)));
    assertFalse(alike(LAYOUT, checked, Tensors.of(names, ids, mask(4))), "another shape");
    Tensor bytes = Tensor.fill(DataType.UINT8, mask.shape(), b -> {});
    assertFalse(alike(LAYOUT, checked, Tensors.of(names, ids, bytes)), "another type");
  }

  @Test
  void areAlike_text_isNever() {
    TensorSpec text = TensorSpec.of("text", DataType.STRING, new long[] {-1}, "batch");
    Layout layout = new Layout(new Signature(List.of(text), SIGNATURE.outputs()), BatchAxis.AUTO);
    Tensors same = Tensors.of("text", Tensor.of(Shape.scalar(), "a"));
    assertFalse(alike(layout, same, same), "what it holds is checked");
  }

  private static boolean alike(Layout layout, Tensors checked, @Nullable Tensors next) {
    return InputCheck.areAlike(layout, checked, next);
  }

  @Test
  void atIndex_tellsWhichExample() {
    InvalidInputException e = refused(Tensors.of("ids", ids(3, 2)));
    assertSays(e.atIndex(7), "Example 7: Input \"mask\"");
    assertEquals(e, e.atIndex(7).getCause());
  }
}

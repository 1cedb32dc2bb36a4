package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Messages;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Models with a fixed batch, without one, with shapes that nobody foretold; chosen outputs. */
interface ShapesContract extends Contract {
  private static SessionOptions.Builder axis(BatchAxis axis) {
    return SessionOptions.builder().batchAxis(axis);
  }

  @Test
  default void fixedBatch_anyNumberOfExamples_equalsTheReference() {
    needs(Capability.FIXED_BATCH);
    Random random = new Random(4);
    for (int rows : new int[] {1, 4}) {
      try (Session session = load(models().fixedBatch(rows), axis(BatchAxis.LEADING))) {
        List<Tensors> inputs = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
          inputs.add(Contract.row(random));
        }
        List<Tensors> answers = session.predictAll(inputs);
        for (int i = 0; i < inputs.size(); i++) {
          float[] expected = models().tinyMlpReference(inputs.get(i).only().toFloats());
          assertClose(expected, answers.get(i).only().toFloats());
          assertClose(expected, session.predict(inputs.get(i)).only().toFloats());
        }
        assertEquals(rows, session.traits().maxBatchSize());
      }
    }
  }

  @Test
  default void noBatchAxis_examplesRunOneByOne() {
    try (Session session = load(models().noBatchAxis())) {
      float[] a = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
      float[] b = {1, -1, 2, -2, 3, -3, 4, -4};
      Tensors input =
          Tensors.of("a", Tensor.of(Shape.of(3, 4), a), "b", Tensor.of(Shape.of(4, 2), b));
      Tensor c = session.predict(input).get("c");
      assertEquals(Shape.of(3, 2), c.shape());
      assertClose(new float[] {30, -30, 70, -70, 110, -110}, c.toFloats());
      List<Tensors> two = session.predictAll(List.of(input, input));
      assertEquals(List.of(c, c), two.stream().map(Tensors::only).toList());
      assertEquals(1, session.traits().maxBatchSize());
    }
  }

  @Test
  default void scalarOutput_ofABatchedModel_isRefusedWithTheRemedy() {
    Tensors raw = Tensors.of("x", Tensor.of(Shape.of(2, 4), 1, 2, 3, 4, 5, 6, 7, 8f));
    // Said, not guessed: only some formats tell a scalar from an output that nothing is known of.
    try (Session session = load(models().scalarOutput(), axis(BatchAxis.LEADING))) {
      assertEquals(36f, session.runRaw(raw).only().getFloat(0));
      EngineException failure =
          assertThrows(EngineException.class, () -> session.predict(Contract.x(1, 2, 3, 4)));
      Messages.assertSays(failure, "total", "BatchAxis.NONE");
    }
    try (Session session = load(models().scalarOutput(), axis(BatchAxis.NONE))) {
      assertEquals(36f, session.predict(raw).only().getFloat(0));
    }
  }

  @Test
  default void dataDependentShape_isTheTrueOne() {
    needs(Capability.DATA_DEPENDENT_SHAPES);
    try (Session session = load(models().dataDependent(), axis(BatchAxis.NONE))) {
      for (int round = 0; round < 3; round++) {
        Tensor sparse = Tensor.of(Shape.of(1, 4), 0f, 1f, 0f, 0f);
        Tensor dense = Tensor.of(Shape.of(1, 4), 1f, 1f, 1f, 1f);
        Tensor zeros = Tensor.of(Shape.of(1, 4), 0f, 0f, 0f, 0f);
        assertEquals(
            Tensor.of(Shape.of(1, 2), 0L, 1L), session.predict(Tensors.of("x", sparse)).only());
        assertEquals(
            Tensor.of(Shape.of(4, 2), 0L, 0L, 0L, 1L, 0L, 2L, 0L, 3L),
            session.predict(Tensors.of("x", dense)).only());
        assertEquals(Shape.of(0, 2), session.predict(Tensors.of("x", zeros)).only().shape());
      }
    }
  }

  @Test
  default void anyShape_ofAnyRank_isAnswered() {
    try (Session session = load(models().anyShape(), axis(BatchAxis.NONE))) {
      for (Shape shape : List.of(Shape.scalar(), Shape.of(6), Shape.of(2, 3), Shape.of(1, 3, 2))) {
        float[] x = new float[(int) shape.elements()];
        for (int i = 0; i < x.length; i++) {
          x[i] = i + 1;
        }
        Tensor y = session.predict(Tensors.of("x", Tensor.of(shape, x))).get("y");
        assertEquals(shape, y.shape());
        for (int i = 0; i < x.length; i++) {
          assertEquals(-x[i], y.getFloat(i));
        }
      }
    }
  }

  @Test
  default void outputsView_givesThoseAloneInTheOrderAsked() {
    try (Session session = load(models().twoInputs())) {
      Tensors input = Tensors.of("a", Tensor.of(1, 2, 3f), "b", Tensor.of(4, 5, 6f));
      Session product = session.outputs("product");
      assertEquals(List.of("product"), product.predict(input).names());
      assertArrayEquals(new float[] {4, 10, 18}, product.predict(input).only().toFloats());
      assertEquals(1, product.signature().outputs().size());
      assertEquals(List.of("product"), product.predictAll(List.of(input, input)).get(1).names());
      Session turned = session.outputs("product", "sum");
      assertEquals(List.of("product", "sum"), turned.predict(input).names());
      assertArrayEquals(new float[] {5, 7, 9}, turned.predict(input).get("sum").toFloats());
      assertEquals(List.of("sum", "product"), session.predict(input).names());
    }
  }

  @Test
  default void outputsView_unknownTwiceOrNone_isRefused() {
    try (Session session = load(models().twoInputs())) {
      IllegalArgumentException failure =
          assertThrows(IllegalArgumentException.class, () -> session.outputs("nope"));
      Messages.assertSays(failure, "nope", "[sum, product]");
      assertThrows(IllegalArgumentException.class, () -> session.outputs("sum", "sum"));
      assertThrows(IllegalArgumentException.class, session::outputs);
    }
  }
}

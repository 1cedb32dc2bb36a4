package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Messages;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What does not fit is refused by every way to ask, named, and does no harm. */
interface BadInputContract extends Contract {
  private static void assertNames(
      InvalidInputException failure, String tensor, String expected, String actual) {
    assertEquals(tensor, failure.tensor());
    assertTrue(failure.expected().contains(expected), failure::getMessage);
    assertTrue(failure.actual().contains(actual), failure::getMessage);
    Messages.assertSays(failure, tensor, failure.expected(), failure.actual());
  }

  private static void assertRefused(
      Session session, Tensors good, Tensors bad, String tensor, String expected, String actual) {
    assertNames(
        assertThrows(InvalidInputException.class, () -> session.predict(bad)),
        tensor,
        expected,
        actual);
    Throwable later = Await.failure(session.submit(bad));
    assertNames(assertInstanceOf(InvalidInputException.class, later), tensor, expected, actual);
    InvalidInputException ofList =
        assertThrows(InvalidInputException.class, () -> session.predictAll(List.of(good, bad)));
    assertNames(ofList, tensor, expected, actual);
    Messages.assertSays(ofList, "Example 1");
    assertEquals(session.predict(good), session.predict(good));
  }

  private static void assertRawRefused(
      Session session, Tensors bad, String tensor, String expected, String actual) {
    InvalidInputException failure =
        assertThrows(InvalidInputException.class, () -> session.runRaw(bad));
    assertNames(failure, tensor, expected, actual);
  }

  @Test
  default void oneInput_ofWrongNameTypeRankOrShape_isRefusedByName() {
    Tensors good = Contract.x(new float[16]);
    try (Session session = load(models().tinyMlp())) {
      Tensors named = Tensors.of("X", good.only());
      assertRefused(session, good, named, "x", "FLOAT32[16]", "none; the call has [X]");
      Tensors typed = Tensors.of("x", Tensor.of(new long[16]));
      assertRefused(session, good, typed, "x", "FLOAT32[16]", "INT64[16]");
      Tensors batched = Tensors.of("x", Tensor.of(Shape.of(1, 16), new float[16]));
      assertRefused(session, good, batched, "x", "without the batch axis", "FLOAT32[1, 16]");
      Tensors scalar = Tensors.of("x", Tensor.of(Shape.scalar(), 1f));
      assertRefused(session, good, scalar, "x", "FLOAT32[16]", "FLOAT32[]");
      Tensors wide = Contract.x(new float[17]);
      assertRefused(session, good, wide, "x", "FLOAT32[16]", "FLOAT32[17]");
      Tensors none = Contract.x();
      assertRefused(session, good, none, "x", "FLOAT32[16]", "FLOAT32[0]");
    }
  }

  @Test
  default void twoInputs_missingSurplusOrUneven_isRefusedByName() {
    Tensor three = Tensor.of(1f, 2f, 3f);
    Tensors good = Tensors.of("a", three, "b", three);
    try (Session session = load(models().twoInputs())) {
      assertRefused(session, good, Tensors.of("a", three), "b", "FLOAT32[3]", "none");
      Tensors surplus = Tensors.of("a", three, "b", three, "c", three);
      assertRefused(session, good, surplus, "c", "no such input", "FLOAT32[3]");
    }
    Tensors fine = Contract.text(1, 2, 3);
    try (Session session = load(models().maskedMean())) {
      Tensors uneven = Contract.text(new long[] {1, 2, 3}, new long[] {1, 1});
      String name = session.signature().inputs().get(1).name();
      String actual = uneven.get(name).toString();
      assertRefused(session, fine, uneven, name, "as in the inputs before", actual);
    }
  }

  @Test
  default void zeroLength_ofAFixedDimension_isRefusedByName() {
    try (Session session = load(models().keyCache())) {
      Tensor past = Tensor.of(Shape.of(2, 0, 4), new float[0]);
      Tensor x = Tensor.of(Shape.of(2, 1, 4), new float[8]);
      Tensors good = Tensors.of("past", past, "x", x);
      for (Shape shape : List.of(Shape.of(0, 0, 4), Shape.of(2, 0, 0), Shape.of(0, 3, 4))) {
        Tensors bad = Tensors.of("past", past.reshape(shape), "x", x);
        assertRefused(session, good, bad, "past", ", 4]", "FLOAT32" + shape);
      }
    }
  }

  @Test
  default void inputsInAnotherOrder_areTakenByName() {
    Tensor one = Tensor.of(1f, 2f, 3f);
    Tensor two = Tensor.of(5f, 7f, 11f);
    try (Session session = load(models().twoInputs())) {
      Tensors answer = session.predict(Tensors.of("b", two, "a", one));
      assertEquals(session.predict(Tensors.of("a", one, "b", two)), answer);
    }
  }

  @Test
  default void rawCall_wrongShapeOrUnevenRows_isRefusedByName() {
    try (Session session = load(models().tinyMlp())) {
      Tensors narrow = Tensors.of("x", Tensor.of(Shape.of(2, 15), new float[30]));
      assertRawRefused(session, narrow, "x", ", 16]", "FLOAT32[2, 15]");
      assertRawRefused(session, Contract.x(new float[16]), "x", ", 16]", "FLOAT32[16]");
    }
    try (Session session = load(models().twoInputs())) {
      Tensors uneven =
          Tensors.of(
              "a", Tensor.of(Shape.of(2, 3), new float[6]),
              "b", Tensor.of(Shape.of(4, 3), new float[12]));
      String second = session.signature().inputs().get(1).name();
      String actual = uneven.get(second).toString();
      assertRawRefused(session, uneven, second, "as in the inputs before", actual);
    }
  }

  @Test
  default void exampleOverTheByteLimit_isRefusedWithBothSizes() {
    SessionOptions.Builder options = SessionOptions.builder().maxRunBytes(1000);
    try (Session session = load(models().maskedMean(), options)) {
      Tensors good = Contract.text(1, 2, 3);
      String first = session.signature().inputs().get(0).name();
      Tensors large = Contract.text(new long[100]);
      assertRefused(session, good, large, first, "1000 bytes", "1600 bytes");
    }
  }

  @Test
  default void nullInputs_areNullPointerExceptionsAtOnce() {
    try (Session session = load(models().tinyMlp())) {
      assertThrows(NullPointerException.class, () -> session.predict(null));
      assertThrows(NullPointerException.class, () -> session.submit(null));
      assertThrows(NullPointerException.class, () -> session.predictAll(null));
      assertThrows(NullPointerException.class, () -> session.runRaw(null));
    }
  }
}

package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.testing.Messages;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What sessions and engines say of themselves. */
interface DescriptionContract extends Contract {
  @Test
  default void engine_isFoundByItsName() {
    Engine engine = models().engine();
    assertEquals(engine.getClass(), Engine.named(engine.name()).getClass());
    IllegalArgumentException failure =
        assertThrows(IllegalArgumentException.class, () -> Engine.named("no-such-engine"));
    Messages.assertSays(failure, "no-such-engine", engine.name());
  }

  @Test
  default void session_saysEngineSignatureAndMetadata() {
    try (Session session = load(models().tinyMlp())) {
      assertTrue(session.toString().startsWith(models().engine().name() + ":"), session::toString);
      assertEquals("(x FLOAT32[16]) -> (y FLOAT32[1])", session.signature().toString());
      assertNotNull(session.metadata());
      assertThrows(
          UnsupportedOperationException.class, () -> session.metadata().put("key", "value"));
      Signature raw = session.rawSignature();
      assertEquals(DataType.FLOAT32, raw.input("x").type());
      for (int rows : new int[] {1, 2, 300}) {
        assertTrue(raw.input("x").accepts(Shape.of(rows, 16)));
        assertTrue(raw.output("y").accepts(Shape.of(rows, 1)));
      }
    }
  }

  @Test
  default void warmUp_madeUpOrGiven_leavesASessionThatAnswers() {
    var input = Contract.row(new Random(7));
    float[] expected = models().tinyMlpReference(input.only().toFloats());
    for (SessionOptions.Builder options :
        new SessionOptions.Builder[] {
          SessionOptions.builder().warmUp(1, 4), SessionOptions.builder().warmUp(input, 1, 32)
        }) {
      try (Session session = load(models().tinyMlp(), options)) {
        assertClose(expected, session.predict(input).only().toFloats());
      }
    }
  }
}

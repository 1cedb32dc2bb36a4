package dev.inproc.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** What failures say and carry. */
class ExceptionsTest {
  @Test
  void notCached_namesThePredictor_andHasNoStack() {
    NotCachedException e = new NotCachedException("cached(model)");
    assertEquals("cached(model) has no answer to this request in its cache", e.getMessage());
    assertEquals(0, e.getStackTrace().length);
  }

  @Test
  void invalidInput_alone_hasNoIndex() {
    InvalidInputException e = new InvalidInputException("ids", "at most 8", "9");
    assertEquals("Input \"ids\": expected at most 8, got 9", e.getMessage());
    assertEquals(-1, e.index());
    assertEquals("ids", e.tensor());
    assertEquals("at most 8", e.expected());
    assertEquals("9", e.actual());
    assertNull(e.getCause());
  }

  @Test
  void invalidInput_ofAList_saysWhich_andItsCauseIsTheFirst() {
    InvalidInputException alone = new InvalidInputException("ids", "at most 8", "9");
    InvalidInputException inner = alone.atIndex(0);
    InvalidInputException outer = inner.atIndex(3);
    assertEquals("Example 0: Input \"ids\": expected at most 8, got 9", inner.getMessage());
    assertEquals("Example 3: Input \"ids\": expected at most 8, got 9", outer.getMessage());
    assertEquals(3, outer.index());
    assertEquals("9", outer.actual());
    assertSame(alone, outer.getCause(), "not the list inside a layer");
    InvalidInputException again = outer.atIndex(-1);
    assertEquals(-1, again.index());
    assertEquals(alone.getMessage(), again.getMessage());
  }
}

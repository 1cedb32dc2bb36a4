package dev.inproc.inference.tensor;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Bytes beside text, unsigned integers, sequences. */
class TensorElementsTest {
  private static final Shape TWO = Shape.of(2);
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void factories_withAndWithoutAShape_agreeInType() {
    assertEquals(Tensor.of(TWO, 1, 2), Tensor.of(1, 2));
    assertEquals(DataType.INT32, Tensor.of(1, 2).type());
    assertEquals(Tensor.of(TWO, 1L, 2), Tensor.of(1L, 2));
    assertEquals(Tensor.of(TWO, 1f, 2), Tensor.of(1f, 2));
    assertEquals(Tensor.of(TWO, 1.0, 2), Tensor.of(1.0, 2));
    assertEquals(Tensor.of(TWO, "a", "b"), Tensor.of("a", "b"));
  }

  @Test
  void integers_areReadWithoutCasts() {
    int first = Tensor.of(7, -8).getInt(0);
    assertEquals(7, first);
    assertArrayEquals(new long[] {7, -8}, Tensor.of(7, -8).toLongs());
    assertArrayEquals(new int[] {-1, 2}, Tensor.of(TWO, (byte) -1, (byte) 2).toInts());
    assertArrayEquals(new int[] {255, 2}, Tensor.ofUint8(TWO, (byte) -1, (byte) 2).toInts());
    assertArrayEquals(new long[] {1, 0}, Tensor.of(TWO, true, false).toLongs());
    assertThrows(IllegalStateException.class, () -> Tensor.of(1L).toInts());
    assertThrows(IllegalStateException.class, () -> Tensor.of(1L).getInt(0));
    assertThrows(IllegalStateException.class, () -> Tensor.of(1f).toLongs());
  }

  @Test
  void unsignedIntegers_areReadAsUnsigned() {
    Tensor small = Tensor.ofUint16(TWO, (short) -1, (short) 3);
    assertArrayEquals(new int[] {65_535, 3}, small.toInts());
    assertEquals(65_535, small.getInt(0));
    assertArrayEquals(new long[] {4_294_967_295L, 3}, Tensor.ofUint32(TWO, -1, 3).toLongs());
    assertSays(
        assertThrows(IllegalStateException.class, () -> Tensor.ofUint32(TWO, -1, 3).toInts()),
        "UINT32[2]");
    assertEquals(
        "18446744073709551615", Long.toUnsignedString(Tensor.ofUint64(TWO, -1, 3).getLong(0)));
    assertNotEquals(Tensor.of(TWO, (short) -1, (short) 3), small);
    assertTrue(DataType.UINT64.isInteger());
  }

  @Test
  void bytes_thatAreNotText_comeBackAndAreNotReadAsText() {
    Tensor tensor = Tensor.ofBytes(PNG, utf8("é"));
    assertEquals("STRING[2]", tensor.toString());
    assertFalse(tensor.isText(0));
    assertTrue(tensor.isText(1));
    assertArrayEquals(PNG, tensor.getBytes(0));
    assertEquals("é", tensor.getString(1));
    assertSays(
        assertThrows(IllegalStateException.class, () -> tensor.getString(0)),
        "Element 0 is 4 bytes that are not UTF-8 text",
        "getBytes");
    assertThrows(IllegalStateException.class, tensor::toStrings);
    assertEquals(4 + 2, tensor.byteSize());
    assertThrows(IllegalStateException.class, () -> Tensor.of("\uD83D").getBytes(0));
  }

  @Test
  void textAndItsBytes_areTheSameElement() {
    long seed = 9;
    SplittableRandom random = new SplittableRandom(seed);
    Set<Tensor> both = new HashSet<>();
    int[] points = {0, 'a', 0xe9, 0x20ac, 0x1f600, 0x10ffff};
    for (int i = 0; i < 200; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(20); length > 0; length--) {
        text.appendCodePoint(points[random.nextInt(points.length)]);
      }
      Tensor asText = Tensor.of(text.toString());
      Tensor asBytes = Tensor.ofBytes(utf8(text.toString()));
      assertEquals(asText, asBytes, "seed " + seed);
      assertEquals(asText.hashCode(), asBytes.hashCode());
      assertArrayEquals(asText.getBytes(0), asBytes.getBytes(0));
      both.add(asText);
      assertFalse(both.add(asBytes));
    }
    assertEquals(Tensor.ofBytes(PNG), Tensor.ofBytes(PNG.clone()));
    assertEquals(Tensor.ofBytes(PNG).hashCode(), Tensor.ofBytes(PNG.clone()).hashCode());
    assertNotEquals(Tensor.ofBytes(PNG), Tensor.of(new String(PNG, StandardCharsets.UTF_8)));
    // Overlong forms and surrogates are not UTF-8: they are no other spelling of a text.
    assertFalse(Tensor.ofBytes(new byte[] {(byte) 0xc0, (byte) 0x80}).isText(0));
    assertFalse(Tensor.ofBytes(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0xbd}).isText(0));
  }

  @Test
  void bytes_changedAfterwards_leaveTheTensor() {
    byte[] given = PNG.clone();
    Tensor tensor = Tensor.ofBytes(given);
    given[1] = 0;
    tensor.getBytes(0)[1] = 0;
    assertArrayEquals(PNG, tensor.getBytes(0));
    Object[] wrong = {"a", 7};
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> Tensor.ofElements(TWO, wrong)),
        "Element 1",
        "Integer");
    assertThrows(IllegalArgumentException.class, () -> Tensor.ofBytes(TWO, PNG));
  }

  @Test
  void sequence_isAnImmutableListOfTensors() {
    List<Tensor> parts = new ArrayList<>(List.of(Tensor.of(1f), Tensor.of(2f, 3f)));
    Tensor sequence = Tensor.sequence(parts);
    parts.set(0, Tensor.of(9f));
    assertEquals(List.of(Tensor.of(1f), Tensor.of(2f, 3f)), sequence.toTensors());
    assertEquals("SEQUENCE[2]", sequence.toString());
    assertEquals(12, sequence.byteSize());
    assertEquals(sequence, Tensor.sequence(sequence.toTensors()));
    assertEquals(sequence.hashCode(), Tensor.sequence(sequence.toTensors()).hashCode());
    assertNotEquals(sequence, Tensor.sequence(List.of(Tensor.of(1f))));
    assertEquals(0, Tensor.sequence(List.of()).elements());
    assertThrows(
        UnsupportedOperationException.class, () -> sequence.toTensors().set(0, Tensor.of(9f)));
    assertThrows(IllegalStateException.class, sequence::toBytes);
    assertThrows(IllegalStateException.class, sequence::toFloats);
    assertThrows(
        IllegalArgumentException.class, () -> Tensor.fill(DataType.SEQUENCE, TWO, bytes -> {}));
  }

  @Test
  void labels_areOfTheSpecAndOfItsExample() {
    TensorSpec spec =
        TensorSpec.of("p", DataType.FLOAT32, new long[] {-1, 2}, "batch", null)
            .withLabels(List.of("no", "yes"));
    assertEquals(List.of("no", "yes"), spec.labels());
    assertEquals(List.of("no", "yes"), spec.dropFirst().labels());
    assertEquals("p FLOAT32[batch, 2]", spec.toString());
    assertNotEquals(spec, spec.withLabels(List.of()));
  }
}

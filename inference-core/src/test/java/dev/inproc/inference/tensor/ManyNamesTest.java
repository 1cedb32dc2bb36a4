package dev.inproc.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Few names and many, in either way of looking them up. */
class ManyNamesTest {
  private static List<String> names(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("column_" + i);
    }
    return names;
  }

  private static Tensors of(List<String> names) {
    return Tensors.of(names, i -> Tensor.of(Shape.scalar(), (long) i));
  }

  @Test
  void find_eachName_isAtItsPosition() {
    for (int count : new int[] {0, 2, 8, 9, 10, 64, 65, 2000, 5000}) {
      List<String> kept = List.copyOf(names(count));
      for (List<String> names : List.of(kept, names(count), kept)) {
        Tensors tensors = of(names);
        for (int i = 0; i < count; i++) {
          assertEquals(i, tensors.get("column_" + i).getLong(0));
        }
        assertNull(tensors.find("column_" + count));
        assertNull(tensors.find(""));
        assertEquals(of(kept), tensors);
      }
    }
  }

  @Test
  void find_namesOfOneHash_areToldApart() {
    // "Aa" and "BB" have one hash, and so has every text made of as many of them.
    List<String> names = List.of("");
    for (int length = 0; length < 6; length++) {
      List<String> longer = new ArrayList<>();
      names.forEach(name -> longer.addAll(List.of(name + "Aa", name + "BB")));
      names = longer;
    }
    Tensors tensors = of(names);
    for (int i = 0; i < names.size(); i++) {
      assertEquals(i, tensors.get(names.get(i)).getLong(0));
    }
    assertNull(tensors.find("BBAaAaAaAaC#"));
  }

  @Test
  void of_nameTwice_isRefused() {
    for (int count : new int[] {2, 8, 9, 2000}) {
      List<String> names = names(count);
      names.set(count - 1, String.valueOf(names.get(0).toCharArray()));
      IllegalArgumentException failure =
          assertThrows(IllegalArgumentException.class, () -> of(names));
      assertTrue(failure.getMessage().contains("\"column_0\" occurs twice"), failure::getMessage);
    }
  }
}

package dev.inproc.inference.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The one idiom of all options: immutable, equal if each option is equal, described by {@code
 * toString}, and nothing changeable handed out.
 *
 * @param type the options
 * @param settings the class that has a field for each option: {@code type}, or its settings
 * @param defaults makes the default options anew
 * @param changed for the name of each field, makes options that differ from the defaults in it
 * @param unseen fields that are no option of the user's
 * @param untold options that {@code toString} leaves out
 */
public record OptionsIdiom<T>(
    Class<T> type,
    Class<?> settings,
    Supplier<T> defaults,
    Map<String, Supplier<T>> changed,
    Set<String> unseen,
    Set<String> untold) {

  @Override
  public String toString() {
    return type.getSimpleName();
  }

  /** Checks all of it. */
  public void check() throws ReflectiveOperationException {
    assertShape(type);
    assertShape(settings);
    assertEquals(optionFields(), new TreeSet<>(changed.keySet()), "an example of each option");
    assertEqual(defaults.get(), defaults.get());
    assertNotEquals(null, defaults.get());
    assertNotEquals(new Object(), defaults.get());
    assertHandsOutNothingChangeable(defaults.get());
    for (Map.Entry<String, Supplier<T>> change : changed.entrySet()) {
      String name = change.getKey();
      T other = change.getValue().get();
      assertEqual(other, change.getValue().get());
      assertNotEquals(defaults.get(), other, name);
      if (!untold.contains(name)) {
        assertNotEquals(defaults.get().toString(), other.toString(), name);
      }
      assertHandsOutNothingChangeable(other);
    }
  }

  private TreeSet<String> optionFields() {
    TreeSet<String> names = new TreeSet<>();
    for (Field field : settings.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers()) && !unseen.contains(field.getName())) {
        names.add(field.getName());
      }
    }
    return names;
  }

  private static void assertShape(Class<?> type) {
    assertTrue(Modifier.isFinal(type.getModifiers()), type + " is final");
    assertEquals(0, type.getConstructors().length, type + " has no public constructor");
    for (Field field : type.getDeclaredFields()) {
      if (!field.isSynthetic()) {
        assertTrue(Modifier.isFinal(field.getModifiers()), field + " is final");
      }
    }
  }

  private static void assertEqual(Object one, Object another) {
    assertEquals(one, another);
    assertEquals(one.hashCode(), another.hashCode());
    assertEquals(one.toString(), another.toString());
  }

  private void assertHandsOutNothingChangeable(T options) throws ReflectiveOperationException {
    for (Method method : type.getMethods()) {
      boolean isRead =
          method.getParameterCount() == 0
              && !Modifier.isStatic(method.getModifiers())
              && method.getDeclaringClass() == type;
      Object value = isRead ? method.invoke(options) : null;
      if (value instanceof Collection<?> all) {
        assertThrows(UnsupportedOperationException.class, () -> all.add(null), method::toString);
      } else if (value instanceof Map<?, ?> map) {
        assertThrows(
            UnsupportedOperationException.class, () -> map.put(null, null), method::toString);
      } else if (value != null) {
        assertTrue(!value.getClass().isArray(), method::toString);
      }
    }
  }

  /** Returns the names, for {@link #unseen} and {@link #untold}. */
  public static Set<String> names(String... names) {
    return new TreeSet<>(Arrays.asList(names));
  }
}

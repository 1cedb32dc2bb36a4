package dev.inproc.inference.cache;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record's components and builds a record of its class. Fields are read where the record's
 * package is open to this module; else accessors are called, which may return something else than
 * the record holds.
 */
final class RecordShape {
  private final Class<?> type;
  private final RecordComponent[] components;
  private final Field[] fields;
  private final boolean readsFields;

  private RecordShape(Class<?> type) {
    this.type = type;
    components = type.getRecordComponents();
    fields = new Field[components.length];
    boolean open = true;
    try {
      for (int i = 0; i < components.length; i++) {
        fields[i] = type.getDeclaredField(components[i].getName());
        open &= fields[i].trySetAccessible();
      }
    } catch (NoSuchFieldException e) {
      throw new AssertionError(e); // each component has one
    }
    readsFields = open;
  }

  static RecordShape of(Class<?> type) {
    return new RecordShape(type);
  }

  /** Returns whether what is read is what the record holds. */
  boolean readsFields() {
    return readsFields;
  }

  int size() {
    return components.length;
  }

  String name(int component) {
    return components[component].getName();
  }

  @SuppressWarnings("NullAway") // a component may be null
  Object read(Object owner, int component) {
    try {
      if (readsFields) {
        return fields[component].get(owner);
      }
      Method accessor = components[component].getAccessor();
      open(accessor, accessor.getModifiers());
      return accessor.invoke(owner);
    } catch (InvocationTargetException e) {
      throw new Refusal("its accessor " + name(component) + "() throws", e.getCause());
    } catch (IllegalAccessException e) {
      throw closed(e);
    }
  }

  Object build(@Nullable Object[] values) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      open(constructor, constructor.getModifiers());
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new Refusal("its constructor throws for a copy of its components", e.getCause());
    } catch (IllegalArgumentException e) {
      throw new Refusal("a copy of its components is of another class", e);
    } catch (IllegalAccessException e) {
      throw closed(e);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("Every record has its canonical constructor", e);
    }
  }

  private void open(AccessibleObject member, int modifiers) {
    if (!Modifier.isPublic(modifiers) || !Modifier.isPublic(type.getModifiers())) {
      var unused = member.trySetAccessible(); // if not, its use says so
    }
  }

  private Refusal closed(IllegalAccessException cause) {
    return new Refusal(
        "its components cannot be read; have its module open the package "
            + type.getPackageName()
            + " to dev.inproc.inference.cache",
        cause);
  }
}

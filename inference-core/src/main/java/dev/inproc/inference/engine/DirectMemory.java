package dev.inproc.inference.engine;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Native memory that is freed explicitly. The garbage collector may not look at a small heap for
 * hours while native memory runs out. From Java 22 on, an arena holds the memory. Before, a direct
 * buffer does, and Unsafe frees it, of which later Java versions warn and which they will refuse.
 */
final class DirectMemory {
  private static final boolean HAS_ARENAS = Runtime.version().feature() >= 22;

  /** The widest vector register, and a cache line. */
  private static final long ALIGNMENT = 64;

  private final ByteBuffer buffer;
  private final @Nullable Object arena;

  private DirectMemory(ByteBuffer buffer, @Nullable Object arena) {
    this.buffer = buffer;
    this.arena = arena;
  }

  /** Allocates this many bytes. */
  static DirectMemory allocate(int bytes) {
    if (!HAS_ARENAS) {
      return new DirectMemory(ByteBuffer.allocateDirect(bytes), null);
    }
    try {
      Object arena = Arenas.OPEN.invokeExact();
      Object segment = Arenas.ALLOCATE.invokeExact(arena, (long) bytes, ALIGNMENT);
      return new DirectMemory((ByteBuffer) Arenas.AS_BUFFER.invokeExact(segment), arena);
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  /** Returns the whole memory. */
  ByteBuffer buffer() {
    return buffer;
  }

  /** Returns the number of bytes. */
  int capacity() {
    return buffer.capacity();
  }

  /** Frees the memory, once. The caller guarantees that nothing reads or writes it any more. */
  void free() {
    try {
      if (arena != null) {
        Arenas.CLOSE.invokeExact(arena);
      } else {
        Cleaners.INVOKE.invokeExact(buffer);
      }
    } catch (Throwable t) {
      throw unchecked(t);
    }
  }

  private static RuntimeException unchecked(Throwable t) {
    if (t instanceof Error error) {
      throw error;
    }
    return t instanceof RuntimeException exception ? exception : new IllegalStateException(t);
  }

  /** {@code java.lang.foreign.Arena}, which Java 17 does not have. */
  private static final class Arenas {
    static final MethodHandle OPEN;
    static final MethodHandle ALLOCATE;
    static final MethodHandle AS_BUFFER;
    static final MethodHandle CLOSE;

    static {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> object = Object.class;
      try {
        Class<?> arena = Class.forName("java.lang.foreign.Arena");
        Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
        OPEN =
            lookup
                .findStatic(arena, "ofShared", MethodType.methodType(arena))
                .asType(MethodType.methodType(object));
        ALLOCATE =
            lookup
                .findVirtual(
                    arena, "allocate", MethodType.methodType(segment, long.class, long.class))
                .asType(MethodType.methodType(object, object, long.class, long.class));
        AS_BUFFER =
            lookup
                .findVirtual(segment, "asByteBuffer", MethodType.methodType(ByteBuffer.class))
                .asType(MethodType.methodType(ByteBuffer.class, object));
        CLOSE =
            lookup
                .findVirtual(arena, "close", MethodType.methodType(void.class))
                .asType(MethodType.methodType(void.class, object));
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }
  }

  /** Uses reflection, since a warning of javac about Unsafe cannot be suppressed. */
  private static final class Cleaners {
    static final MethodHandle INVOKE;

    static {
      try {
        Class<?> unsafe = Class.forName("sun.misc.Unsafe");
        Field instance = unsafe.getDeclaredField("theUnsafe");
        instance.setAccessible(true);
        INVOKE =
            MethodHandles.publicLookup()
                .findVirtual(
                    unsafe, "invokeCleaner", MethodType.methodType(void.class, ByteBuffer.class))
                .bindTo(instance.get(null));
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }
  }
}

package dev.inproc.inference.cache.index;

/** Sizes of objects in a heap with compressed references, the default below 32 GB. */
final class Memory {
  static final int REFERENCE = 4;
  private static final int ARRAY_HEADER = 16;
  private static final int ALIGNMENT = 8;

  private Memory() {}

  static long array(int bytesEach, long length) {
    return (ARRAY_HEADER + bytesEach * length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}

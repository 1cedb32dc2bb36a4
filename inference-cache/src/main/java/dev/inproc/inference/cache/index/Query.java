package dev.inproc.inference.cache.index;

/**
 * A vector, checked, divided by its length and sketched for one index: to look up its neighbours,
 * and to insert it. Immutable; later changes of the array it was made from do not reach it.
 */
public final class Query {
  final float[] unit;
  final int[] sketch;
  final Rotation rotation;

  Query(float[] unit, Rotation rotation) {
    this.unit = unit;
    this.rotation = rotation;
    sketch = rotation.sketch(unit);
  }
}

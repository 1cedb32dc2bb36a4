package dev.inproc.inference.internal.json;

/**
 * What a reader takes. A text beyond a limit is refused.
 *
 * @param bytes of the whole text
 * @param depth of objects and arrays within one another
 * @param values in the whole text, members' names not counted
 * @param stringLength characters of one string, before and after its escapes are replaced
 * @param numberLength characters of one number
 */
public record JsonLimits(int bytes, int depth, int values, int stringLength, int numberLength) {
  /** Limits for a file that describes a model. */
  public static final JsonLimits DEFAULT = new JsonLimits(4 << 20, 64, 200_000, 1 << 20, 40);

  /** Checks that each limit is positive. */
  public JsonLimits {
    if (bytes < 1 || depth < 1 || values < 1 || stringLength < 1 || numberLength < 1) {
      throw new IllegalArgumentException("Expected positive limits");
    }
  }
}

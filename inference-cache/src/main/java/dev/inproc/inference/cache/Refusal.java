package dev.inproc.inference.cache;

import org.jspecify.annotations.Nullable;

/** Why a request cannot be kept, and the path to the part that is in the way. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int LONGEST_PATH = 100;

  private final String reason;
  private String path = "";
  private transient @Nullable Class<?> part;

  Refusal(String reason) {
    this(reason, null);
  }

  Refusal(String reason, @Nullable Throwable cause) {
    super(reason, cause, false, false);
    this.reason = reason;
  }

  /** Says of what class the part is, unless that is said. */
  Refusal of(Class<?> type) {
    if (part == null) {
      part = type;
    }
    return this;
  }

  /** Says where the part lies, from the inside to the outside. */
  Refusal at(String step) {
    path = step + (path.length() > LONGEST_PATH ? "..." : path);
    return this;
  }

  IllegalArgumentException of(Object request) {
    Class<?> type = request.getClass();
    Class<?> refused = part == null ? type : part;
    return new IllegalArgumentException(
        "Expected requests that can be compared and copied, got "
            + type.getTypeName()
            + ": "
            + (path.isEmpty() ? "" : "request" + path + " is a " + refused.getTypeName() + ": ")
            + reason
            + ". Use values that nothing changes (texts, numbers, enums, times, tensors), an array"
            + " alone, records, lists, sets or maps of values, or a class of your own with equals,"
            + " or put the cache inside the codec, where requests are tensors",
        getCause());
  }
}

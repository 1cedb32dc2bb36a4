package dev.inproc.inference.internal.rollout;

import dev.inproc.inference.internal.routing.SaltedHash;

/**
 * Which calls of the canary and of the control lane are compared: the lanes have the two ends of
 * the range of keys, and a key is compared if its mirror image at the other end is in the other
 * lane. So as many keys are compared of either lane, and keys that are as far from their end have
 * been in their lane for as long. A canary of more than half of all keys has others too: keys that
 * came from the stable lane lately, to a canary that has never seen them, have no counterpart in a
 * control lane that only lost keys.
 */
final class ComparedKeys {
  private final long canaryEnd;
  private final long controlBegin;
  private final long canaryCalls; // of the calls without keys of the lane
  private final long controlCalls;
  private final boolean hasAny;

  ComparedKeys(double canaryWidth, double controlWidth) {
    if (!(canaryWidth >= 0 && controlWidth >= 0 && canaryWidth + controlWidth <= 1 + 1e-9)) {
      throw new IllegalArgumentException(
          "The lanes must have widths of 0 or more, at most 1 together, got "
              + canaryWidth
              + " and "
              + controlWidth);
    }
    double width = Math.min(canaryWidth, controlWidth);
    hasAny = width > 0;
    canaryEnd = SaltedHash.bound(width);
    controlBegin = SaltedHash.bound(1 - width);
    canaryCalls = hasAny ? SaltedHash.bound(width / canaryWidth) : 0;
    controlCalls = hasAny ? SaltedHash.bound(width / controlWidth) : 0;
  }

  boolean hasAny() {
    return hasAny;
  }

  boolean has(boolean isCanary, boolean isKeyed, long keyHash) {
    if (!isKeyed) {
      return Long.compareUnsigned(keyHash, isCanary ? canaryCalls : controlCalls) <= 0;
    }
    return isCanary
        ? Long.compareUnsigned(keyHash, canaryEnd) < 0
        : Long.compareUnsigned(keyHash, controlBegin) >= 0;
  }
}

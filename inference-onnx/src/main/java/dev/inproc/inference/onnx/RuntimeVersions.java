package dev.inproc.inference.onnx;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which versions of ONNX Runtime are known not to suit. */
final class RuntimeVersions {
  /** All tests pass with this version. */
  static final String TESTED = "1.28.0";

  private static final int OLDEST_MINOR = 23;
  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\..*");

  private RuntimeVersions() {}

  /** Says why a version does not suit; null if nothing is known against it. */
  static @Nullable String objection(String version) {
    String fault = fault(version);
    return fault == null
        ? null
        : "ONNX Runtime " + version + " " + fault + "; version " + TESTED + " is the tested one";
  }

  private static @Nullable String fault(String version) {
    if (version.equals("1.29.0")) {
      return "ends the JVM if its command line is longer than 3.9 kB, and sends telemetry";
    }
    Matcher numbers = VERSION.matcher(version);
    if (numbers.matches()
        && numbers.group(1).equals("1")
        && Integer.parseInt(numbers.group(2)) < OLDEST_MINOR) {
      return "is older than 1." + OLDEST_MINOR + TOO_OLD;
    }
    return null;
  }

  private static final String TOO_OLD =
      ", and was not tested: row-wise INT8 models answer otherwise in a batch on 1.20";
}

package dev.inproc.inference.onnx.format;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Resolves locations of external data as far as their text goes: a relative path of plain names.
 * The same rule on every system, so that a model is safe or not wherever it is loaded.
 */
public final class Locations {
  private static final String FORBIDDEN = "\\:*?\"<>|";

  private Locations() {}

  /**
   * Returns the file that a location names.
   *
   * @throws ProtoException if it could name one outside the directory, or none
   */
  public static Path resolve(Path directory, ExternalData data) {
    String location = data.location();
    if (location.contains("MEM_ADDR")) {
      throw refused(data, "is an address in memory");
    }
    if (location.startsWith("/")) {
      throw refused(data, "is an absolute path");
    }
    for (int i = 0; i < location.length(); i++) {
      char c = location.charAt(i);
      if (Character.isISOControl(c) || FORBIDDEN.indexOf(c) >= 0) {
        throw refused(data, "has a character that a plain path has not: " + named(c));
      }
    }
    Path file = directory;
    try {
      for (String part : location.split("/", -1)) {
        if (part.equals("..")) {
          throw refused(data, "leads out of a directory");
        }
        file = part.isEmpty() || part.equals(".") ? file : file.resolve(part);
      }
    } catch (InvalidPathException e) {
      throw refused(data, "is no path here: " + e.getReason());
    }
    if (file.equals(directory)) {
      throw refused(data, "is empty");
    }
    return file;
  }

  public static ProtoException refused(ExternalData data, String why) {
    String location = data.location().replaceAll("\\p{Cntrl}", "?");
    return new ProtoException(
        "external data \"" + location + "\" of tensor \"" + data.tensor() + "\" " + why);
  }

  private static String named(char c) {
    return c < ' ' || c == 0x7f ? "control character " + (int) c : "'" + c + "'";
  }
}

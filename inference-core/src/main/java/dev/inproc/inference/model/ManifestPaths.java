package dev.inproc.inference.model;

import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which names of files a manifest may hold: relative ones that mean the same on every system. */
final class ManifestPaths {
  /** The manifest's own name. */
  static final String MANIFEST = "manifest.json";

  private static final int MOST_CHARACTERS = 1_024;

  private ManifestPaths() {}

  /** Returns what is wrong with a file's name, or null if it is right. */
  static @Nullable String problem(String path) {
    if (path.isEmpty() || path.length() > MOST_CHARACTERS) {
      return "expected 1 to " + MOST_CHARACTERS + " characters, got " + path.length();
    }
    if (path.toLowerCase(Locale.ROOT).equals(MANIFEST)) {
      return "the manifest does not list itself";
    }
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (Character.isISOControl(c) || "\\:*?\"<>|".indexOf(c) >= 0) {
        return String.format("a file's name has no character U+%04X here", (int) c);
      }
    }
    for (String part : path.split("/", -1)) {
      if (part.isEmpty()) {
        return "expected a relative path without empty parts";
      }
      if (part.equals(".") || part.equals("..")) {
        return "expected a path without \"" + part + "\"";
      }
      if (part.endsWith(".") || part.endsWith(" ")) {
        return "expected no part that ends in a dot or a space";
      }
    }
    return null;
  }

  /**
   * Returns what is wrong with these names together, or null: names that are equal but for case are
   * one file on some systems, and no file is another's directory.
   */
  static @Nullable String conflict(Collection<String> paths) {
    Map<String, String> seen = new HashMap<>();
    for (String path : paths) {
      String other = seen.putIfAbsent(fold(path), path);
      if (other != null) {
        return "expected each file once, got \"" + other + "\" and \"" + path + "\"";
      }
    }
    for (String path : paths) {
      String folded = fold(path);
      for (int slash = folded.indexOf('/'); slash >= 0; slash = folded.indexOf('/', slash + 1)) {
        String file = seen.get(folded.substring(0, slash));
        if (file != null) {
          return "expected a file or a directory, got \"" + file + "\" and \"" + path + "\"";
        }
      }
    }
    return null;
  }

  private static String fold(String path) {
    return path.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }
}

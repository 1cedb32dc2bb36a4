package dev.inproc.inference.tf;

import dev.inproc.inference.ModelLoadException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The digest of a SavedModel's directory: the SHA-256 of the lines that {@code sha256sum} prints of
 * every file, sorted by their path below the directory, in bytes. On a shell: {@code cd model &&
 * find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum}.
 */
public final class SavedModelDigest {
  private final TreeMap<String, String> files = new TreeMap<>();

  SavedModelDigest() {}

  /**
   * Digests a directory, symbolic links followed.
   *
   * @return 64 lower-case hexadecimal digits
   * @throws ModelLoadException if it cannot be read
   */
  public static String of(Path directory) {
    SavedModelDigest digest = new SavedModelDigest();
    try {
      for (Path file : filesIn(directory)) {
        try (InputStream in = Files.newInputStream(file)) {
          digest.add(directory.relativize(file), in);
        }
      }
    } catch (IOException e) {
      throw new ModelLoadException(directory.toString(), e.toString(), e);
    }
    return digest.hex();
  }

  static List<Path> filesIn(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory, FileVisitOption.FOLLOW_LINKS)) {
      return new ArrayList<>(all.filter(Files::isRegularFile).toList());
    }
  }

  /** Adds a file, reading it to its end. */
  void add(Path relative, InputStream in) throws IOException {
    MessageDigest sha256 = sha256();
    byte[] chunk = new byte[1 << 16];
    for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
      sha256.update(chunk, 0, read);
    }
    put(relative, sha256);
  }

  void put(Path relative, MessageDigest ofFile) {
    String name = relative.toString().replace(relative.getFileSystem().getSeparator(), "/");
    files.put(name, HexFormat.of().formatHex(ofFile.digest()));
  }

  String hex() {
    MessageDigest sha256 = sha256();
    files.forEach(
        (name, hex) -> sha256.update((hex + "  " + name + "\n").getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(sha256.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}

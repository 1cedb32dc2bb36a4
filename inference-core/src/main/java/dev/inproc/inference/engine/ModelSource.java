package dev.inproc.inference.engine;

import dev.inproc.inference.ModelLoadException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where a model comes from: a file or directory, or bytes in memory. Immutable. */
public final class ModelSource {
  private static final int CHUNK = 1 << 20;
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-fA-F]{64}");

  private final String name;
  private final @Nullable Path path;
  private final byte @Nullable [] bytes;
  private final @Nullable String sha256;

  private ModelSource(
      String name, @Nullable Path path, byte @Nullable [] bytes, @Nullable String sha256) {
    this.name = Objects.requireNonNull(name, "name");
    this.path = path;
    this.bytes = bytes;
    this.sha256 = sha256;
  }

  /** A model in a file, or in a directory for formats that are one. Read when it is loaded. */
  public static ModelSource file(Path path) {
    Path file = path.getFileName();
    return new ModelSource(file == null ? path.toString() : file.toString(), path, null, null);
  }

  /**
   * A model in memory.
   *
   * @param name what messages call it
   * @param bytes the model file's content; not copied, so it must not change until it is loaded
   */
  public static ModelSource bytes(String name, byte[] bytes) {
    return new ModelSource(name, null, Objects.requireNonNull(bytes, "bytes"), null);
  }

  /**
   * A model on the class path, read at once.
   *
   * @param loader finds the resource
   * @param resource its name, such as {@code "models/fraud.onnx"}
   * @throws ModelLoadException if there is no such resource or it cannot be read
   */
  public static ModelSource resource(ClassLoader loader, String resource) {
    try (InputStream in = loader.getResourceAsStream(resource)) {
      if (in == null) {
        throw new ModelLoadException(resource, "no such resource on the class path", null);
      }
      return bytes(resource.substring(resource.lastIndexOf('/') + 1), in.readAllBytes());
    } catch (IOException e) {
      throw new ModelLoadException(resource, e.toString(), e);
    }
  }

  /**
   * Returns this source with the digest that the model must have. Loading verifies it over the very
   * bytes that the engine then loads, and fails with a {@link ModelLoadException} that names both
   * digests if they differ. What the digest of a model of several files is, the engine defines.
   *
   * @param digest a SHA-256, as 64 hexadecimal digits
   * @throws IllegalArgumentException if it is something else
   */
  public ModelSource withSha256(String digest) {
    if (!SHA_256.matcher(digest).matches()) {
      throw new IllegalArgumentException(
          "A SHA-256 has 64 hexadecimal digits, got \"" + digest + "\"");
    }
    return new ModelSource(name, path, bytes, digest.toLowerCase(Locale.ROOT));
  }

  /** Returns the digest that the model must have, in lower case, or null for any. */
  public @Nullable String sha256() {
    return sha256;
  }

  /** Returns what messages call the model: its file name, or the name given. */
  public String name() {
    return name;
  }

  /** Returns the file or directory, or null for a model in memory. */
  public @Nullable Path path() {
    return path;
  }

  /** Returns the bytes in memory, not copied, or null for a model on disk. */
  public byte @Nullable [] bytes() {
    return bytes;
  }

  /** Returns the path if there is one, else the name: for messages. */
  public String describe() {
    return path == null ? name : path.toString();
  }

  /**
   * Returns the SHA-256 of the model file's bytes, in lower-case hexadecimal. Reads the file, but
   * not others that belong to the model. Of a directory it is the SHA-256 of all files in it, in
   * the order of their relative paths, each as its path with slashes, a zero byte, its length in
   * decimal, a zero byte, and its bytes. Links are followed.
   *
   * @throws ModelLoadException if a file cannot be read
   */
  public String digest() {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
    if (bytes != null) {
      sha256.update(bytes);
    } else if (path != null) {
      digest(path, sha256);
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static void digest(Path path, MessageDigest sha256) {
    try {
      if (Files.isDirectory(path)) {
        digestDirectory(path, sha256);
      } else {
        digestFile(path, sha256);
      }
    } catch (NoSuchFileException e) {
      throw new ModelLoadException(path.toString(), "no such file", e);
    } catch (IOException | UncheckedIOException e) {
      throw new ModelLoadException(path.toString(), e.toString(), e);
    }
  }

  private static void digestDirectory(Path directory, MessageDigest sha256) throws IOException {
    Map<String, Path> files = new TreeMap<>();
    String separator = directory.getFileSystem().getSeparator();
    // Links are followed, the directory's own too: what is behind them is what loads.
    try (Stream<Path> all = Files.walk(directory, FileVisitOption.FOLLOW_LINKS)) {
      for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
        files.put(directory.relativize(file).toString().replace(separator, "/"), file);
      }
    }
    for (Map.Entry<String, Path> file : files.entrySet()) {
      String head = file.getKey() + '\0' + Files.size(file.getValue()) + '\0';
      sha256.update(head.getBytes(StandardCharsets.UTF_8));
      digestFile(file.getValue(), sha256);
    }
  }

  private static void digestFile(Path file, MessageDigest sha256) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
      while (channel.read(chunk) >= 0) {
        sha256.update(chunk.flip());
        chunk.clear();
      }
    }
  }

  @Override
  public String toString() {
    return describe();
  }
}

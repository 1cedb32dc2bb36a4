package dev.inproc.inference.engine;

import dev.inproc.inference.ModelLoadException;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The origin of a model: a file or directory, bytes in memory, or a resource on the class path.
 * Immutable. {@link #path} is set for a model on disk, {@link #bytes} for one in memory; for a
 * resource inside a jar both are null, and {@link #open} streams it.
 */
public final class ModelSource {
  private static final int CHUNK = 1 << 20;
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-fA-F]{64}");

  private final String name;
  private final @Nullable Path path;
  private final byte @Nullable [] bytes;
  private final @Nullable Resource resource;
  private final @Nullable String sha256;
  private final boolean isCopied;
  private final Map<Path, String> fileSha256;

  private record Resource(ClassLoader loader, String name) {
    InputStream open() throws IOException {
      InputStream in = loader.getResourceAsStream(name);
      if (in == null) {
        throw new FileNotFoundException("no such resource on the class path");
      }
      return in;
    }
  }

  private ModelSource(
      String name,
      @Nullable Path path,
      byte @Nullable [] bytes,
      @Nullable Resource resource,
      @Nullable String sha256,
      boolean isCopied,
      Map<Path, String> fileSha256) {
    this.name = Objects.requireNonNull(name, "name");
    this.path = path;
    this.bytes = bytes;
    this.resource = resource;
    this.sha256 = sha256;
    this.isCopied = isCopied;
    this.fileSha256 = fileSha256;
  }

  private static ModelSource of(
      String name, @Nullable Path path, byte @Nullable [] bytes, @Nullable Resource resource) {
    return new ModelSource(name, path, bytes, resource, null, false, Map.of());
  }

  /** A model in a file, or in a directory for formats that are one. Read when it is loaded. */
  public static ModelSource file(Path path) {
    Path file = path.getFileName();
    return of(file == null ? path.toString() : file.toString(), path, null, null);
  }

  /**
   * A model in memory.
   *
   * @param name what messages call it
   * @param bytes the model file's content; not copied, so it must not change until it is loaded
   */
  public static ModelSource bytes(String name, byte[] bytes) {
    return of(name, null, Objects.requireNonNull(bytes, "bytes"), null);
  }

  /**
   * A model on the class path. It is read when it is loaded. A resource in a directory is a file
   * like any other; a resource in a jar is streamed, not held in memory.
   *
   * @param loader finds the resource, now and when the model is loaded
   * @param resource its name, such as {@code "models/fraud.onnx"}; a leading slash is allowed
   * @throws ModelLoadException if there is no such resource
   */
  public static ModelSource resource(ClassLoader loader, String resource) {
    String name = resource.replaceFirst("^/+", "");
    Resource found = new Resource(loader, name);
    URL url = loader.getResource(name);
    if (url == null) { // some class loaders give streams only
      try {
        found.open().close();
      } catch (IOException e) {
        throw new ModelLoadException(resource, String.valueOf(e.getMessage()), e);
      }
    }
    Path path = url == null ? null : file(url);
    return of(name.substring(name.lastIndexOf('/') + 1), path, null, found);
  }

  private static @Nullable Path file(URL url) {
    try {
      return url.getProtocol().equals("file") ? Path.of(url.toURI()) : null;
    } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
      return null; // it can still be streamed
    }
  }

  /**
   * Returns this source with the digest that the model must have. Loading verifies it over the very
   * bytes that the engine then loads, and fails with a {@link ModelLoadException} that names both
   * digests if they differ. The engine defines the digest of a model of several files.
   *
   * @param digest a SHA-256, as 64 hexadecimal digits
   * @throws IllegalArgumentException if it is not
   */
  public ModelSource withSha256(String digest) {
    if (!SHA_256.matcher(digest).matches()) {
      throw new IllegalArgumentException(
          "A SHA-256 has 64 hexadecimal digits, got \"" + digest + "\"");
    }
    String lower = digest.toLowerCase(Locale.ROOT);
    return new ModelSource(name, path, bytes, resource, lower, isCopied, fileSha256);
  }

  /**
   * Returns this source for files that somebody may delete, overwrite or cut short while the model
   * serves. An engine then keeps none of them mapped into memory: it copies those that it would map
   * to the temporary directory, and loads the copies. With a digest it does so in any case.
   */
  public ModelSource withPrivateCopy() {
    return new ModelSource(name, path, bytes, resource, sha256, true, fileSha256);
  }

  /**
   * Returns this source with the digests of all files that the model may be made of. An engine that
   * reads a model's files one by one copies them as {@link #withPrivateCopy} says, and refuses a
   * file that is not listed or has other bytes. An engine that loads a directory compares the
   * digest of that, see {@link #withSha256}.
   *
   * @param digests SHA-256s, as 64 hexadecimal digits in lower case, by the files' paths
   */
  public ModelSource withFileSha256(Map<Path, String> digests) {
    Map<Path, String> all = new TreeMap<>();
    digests.forEach((file, digest) -> all.put(file.toAbsolutePath().normalize(), digest));
    return new ModelSource(
        name, path, bytes, resource, sha256, true, Collections.unmodifiableMap(all));
  }

  /** Returns whether the engine keeps no file of the model mapped into memory. */
  public boolean isCopied() {
    return isCopied;
  }

  /** Returns the digests of the model's files by absolute path; empty if none are known. */
  public Map<Path, String> fileSha256() {
    return fileSha256;
  }

  /** Returns the digest that the model must have, in lower case, or null for any. */
  public @Nullable String sha256() {
    return sha256;
  }

  /** Returns what messages call the model: its file name, or the name given. */
  public String name() {
    return name;
  }

  /** Returns the file or directory, or null for a model that is not on disk as such. */
  public @Nullable Path path() {
    return path;
  }

  /** Returns the bytes in memory, not copied, or null for a model that is not in memory. */
  public byte @Nullable [] bytes() {
    return bytes;
  }

  /**
   * Opens a stream of the model file's bytes.
   *
   * @throws IOException if that fails, or if the model is a directory
   */
  public InputStream open() throws IOException {
    if (bytes != null) {
      return new ByteArrayInputStream(bytes);
    }
    return path != null ? Files.newInputStream(path) : Objects.requireNonNull(resource).open();
  }

  /** Whether this is a resource. Its directory belongs to the application, not to the model. */
  boolean isResource() {
    return resource != null;
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
    } else {
      try (InputStream in = open()) {
        digest(in, sha256);
      } catch (IOException e) {
        throw new ModelLoadException(describe(), e.toString(), e);
      }
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
    // Links are followed, the directory's own too: the engine loads their targets.
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
    try (InputStream in = Files.newInputStream(file)) {
      digest(in, sha256);
    }
  }

  private static void digest(InputStream in, MessageDigest sha256) throws IOException {
    byte[] chunk = new byte[CHUNK];
    for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
      sha256.update(chunk, 0, n);
    }
  }

  @Override
  public String toString() {
    return describe();
  }
}

package dev.inproc.inference.internal.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a repository does to files. Tests subclass it: to count reads, and to stop at any
 * step, as a process does that is killed.
 */
public class FileOperations {
  /** The repository's own directory, below its root. */
  public static final String STATE = ".inproc";

  private static final int CHUNK = 1 << 20;

  /**
   * What a path is, links not followed. Equal to a later one if nobody wrote meanwhile; compared
   * for equality alone, so a clock that is set back does no harm.
   */
  public record Stat(
      boolean isDirectory,
      boolean isFile,
      boolean isLink,
      long size,
      FileTime modified,
      @Nullable Object key) {}

  /** A copied file's size and SHA-256. */
  public record Copied(long size, String sha256) {}

  /** Called before each change, and within writes. */
  public void step() {}

  // ---- reading ----

  /** Returns the names in a directory. */
  public List<String> list(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      for (Path each : all) {
        names.add(String.valueOf(each.getFileName()));
      }
    } catch (java.nio.file.DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  /** Returns what a path is, or null if there is nothing. */
  public @Nullable Stat stat(Path path) throws IOException {
    try {
      BasicFileAttributes a =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return new Stat(
          a.isDirectory(),
          a.isRegularFile(),
          a.isSymbolicLink(),
          a.size(),
          a.lastModifiedTime(),
          a.fileKey());
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Reads a small file. */
  public byte[] read(Path file, int most) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(most + 1);
      if (bytes.length > most) {
        throw new TooLargeException(file, most);
      }
      return bytes;
    }
  }

  /** Reads a file's end: at most so many bytes, and all of a smaller file. */
  public byte[] readEnd(Path file, int most) throws IOException {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = in.size();
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(most, size));
      long start = size - bytes.capacity();
      while (bytes.hasRemaining() && in.read(bytes, start + bytes.position()) >= 0) {}
      return Arrays.copyOf(bytes.array(), bytes.position());
    }
  }

  /** A file has more bytes than a reader takes. */
  public static final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1L;

    TooLargeException(Path file, int most) {
      super("expected " + file.getFileName() + " to have at most " + most + " bytes, got more");
    }
  }

  /** Returns the SHA-256 of a file that has this size. */
  public String digest(Path file, long size) throws IOException {
    MessageDigest digest = sha256();
    byte[] chunk = new byte[CHUNK];
    long left = size;
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(chunk); n >= 0 && left >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
        left -= n;
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  // ---- changing ----

  public void createDirectories(Path directory) throws IOException {
    step();
    Files.createDirectories(directory);
  }

  /** Copies a file into a new one, which is on the disk when this returns. */
  public Copied copy(Path from, Path to) throws IOException {
    step();
    MessageDigest digest = sha256();
    byte[] chunk = new byte[CHUNK];
    long size = 0;
    try (InputStream in = Files.newInputStream(from);
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
        size += n;
        write(out, ByteBuffer.wrap(chunk, 0, n));
      }
      step();
      force(out);
    }
    return new Copied(size, HexFormat.of().formatHex(digest.digest()));
  }

  /** Writes a new file, which is on the disk when this returns. */
  public void create(Path file, byte[] content) throws IOException {
    step();
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      write(out, ByteBuffer.wrap(content));
      step();
      force(out);
    }
  }

  /** Appends to a file, which is on the disk when this returns. */
  public void append(Path file, byte[] content) throws IOException {
    step();
    try (FileChannel out =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
      write(out, ByteBuffer.wrap(content));
      step();
      force(out);
    }
  }

  /**
   * Cuts a file to a size, or makes it, and appends: what is behind that size was written by a
   * process that ended meanwhile. On the disk when this returns.
   */
  public void append(Path file, long size, byte[] content) throws IOException {
    step();
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.truncate(size);
      out.position(out.size());
      write(out, ByteBuffer.wrap(content));
      step();
      force(out);
    }
  }

  /** Replaces a file's content at once or not at all. On the disk when this returns. */
  public void replace(Path file, byte[] content) throws IOException {
    Path draft = file.resolveSibling("." + file.getFileName() + "-draft");
    delete(draft); // of a process that ended
    create(draft, content);
    move(draft, file);
    force(Objects.requireNonNull(file.getParent()));
  }

  private void write(FileChannel out, ByteBuffer bytes) throws IOException {
    int end = bytes.limit();
    bytes.limit(bytes.position() + (end - bytes.position()) / 2); // so that a test tears it
    writeAll(out, bytes);
    step();
    bytes.limit(end);
    writeAll(out, bytes);
  }

  public void force(FileChannel channel) throws IOException {
    channel.force(true);
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  /** Replaces a file by another, or gives a directory another name, at once or not at all. */
  public void move(Path from, Path to) throws IOException {
    step();
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Has the names in a directory on the disk. Windows does that by itself, and not by request. */
  public void force(Path directory) throws IOException {
    step();
    if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      force(channel);
    } catch (FileNotFoundException | NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      // Some network file systems have no such call, and need none.
    }
  }

  public void delete(Path file) throws IOException {
    step();
    Files.deleteIfExists(file);
  }

  /** Deletes a directory and what is in it; of a link, the link. */
  public void deleteTree(Path directory) throws IOException {
    if (stat(directory) == null) {
      return;
    }
    List<Path> all;
    try (Stream<Path> files = Files.walk(directory)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      delete(each);
    }
  }

  /** Returns all regular files below a directory. */
  public List<Path> files(Path directory, boolean followLinks) throws IOException {
    FileVisitOption[] options =
        followLinks ? new FileVisitOption[] {FileVisitOption.FOLLOW_LINKS} : new FileVisitOption[0];
    try (Stream<Path> all = Files.walk(directory, options)) {
      return all.filter(each -> !Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
          .filter(each -> !followLinks || Files.isRegularFile(each))
          .sorted()
          .toList();
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause();
    }
  }
}

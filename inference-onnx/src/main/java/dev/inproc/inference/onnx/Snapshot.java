package dev.inproc.inference.onnx;

import dev.inproc.inference.internal.files.FileStamp;
import dev.inproc.inference.onnx.format.ExternalData;
import dev.inproc.inference.onnx.format.Locations;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A private copy of a model's files in the temporary directory, which no other user can write to.
 * Deleted when closed. Where the system refuses that because the files are mapped (Windows), they
 * go when the JVM ends.
 */
final class Snapshot implements AutoCloseable {
  private static final Logger LOG = OnnxLog.LOG;
  private static final int CHUNK = 1 << 20;

  private final Path directory;

  Snapshot() throws IOException {
    directory = Files.createTempDirectory("inproc-model-"); // only its owner may enter it, on Unix
  }

  Path directory() {
    return directory;
  }

  /** Copies a stream to its end, and returns the copy; null if it has more bytes. */
  @Nullable Path add(String name, InputStream in, long most) throws IOException {
    Path copy = directory.resolve(name);
    return copy(in, copy, most) ? copy : null;
  }

  /** Copies a file, and returns the copy. One that grows meanwhile is refused. */
  Path add(ExternalData data, FileStamp file) throws IOException {
    Path copy = Locations.resolve(directory, data);
    Files.createDirectories(copy.getParent());
    try (InputStream in = Files.newInputStream(file.real())) {
      if (!copy(in, copy, file.size())) {
        throw Locations.refused(data, "grew while it was read");
      }
    }
    return copy;
  }

  /** Gives a file another name here, or copies it where that cannot be: on another file system. */
  void link(ExternalData data, FileStamp file) throws IOException {
    Path link = Locations.resolve(directory, data);
    Files.createDirectories(link.getParent());
    try {
      Files.createLink(link, file.real());
    } catch (IOException | UnsupportedOperationException e) {
      add(data, file);
    }
  }

  private static boolean copy(InputStream in, Path copy, long most) throws IOException {
    try (OutputStream out = Files.newOutputStream(copy, StandardOpenOption.CREATE_NEW)) {
      byte[] chunk = new byte[CHUNK];
      long left = most;
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        left -= n;
        if (left < 0) {
          return false;
        }
        out.write(chunk, 0, n);
      }
    }
    return true;
  }

  @Override
  public void close() {
    List<Path> all;
    try (Stream<Path> files = Files.walk(directory)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0} stays: {1}", directory, e.toString());
      return;
    }
    for (Path file : all) {
      try {
        Files.delete(file);
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} stays until the end: {1}", file, e.toString());
        file.toFile().deleteOnExit();
      }
    }
  }
}

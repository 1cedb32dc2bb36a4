package dev.inproc.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.DirectoryGuard;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a directory of optimized graphs. Its name is a digest of everything that shapes the
 * graph. It appears by an atomic move, so that processes which share the directory see a whole file
 * or none; one that does not load is thrown away. A directory that strangers may write to is not
 * used. Whatever fails here, the model itself is loaded.
 */
final class OptimizedModelCache {
  private static final Logger LOG = OnnxLog.LOG;

  /** The ways to open the model. */
  interface Opener {
    OrtSession original() throws OrtException;

    OrtSession originalSavingTo(Path file) throws OrtException;

    OrtSession optimized(Path file) throws OrtException;
  }

  private final Path directory;
  private final Path entry;

  OptimizedModelCache(Path directory, String digest, Device device, OnnxOptions options) {
    this.directory = directory;
    String key =
        String.join(
            "\n",
            digest,
            OrtEnvironment.getEnvironment().getVersion(),
            device.toString(),
            new TreeMap<>(device.options()).toString(),
            System.getProperty("os.arch"),
            options.optimization().name(),
            new TreeMap<>(options.sessionConfig()).toString(),
            options.customOperators().toString());
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    entry = directory.resolve(ModelSource.bytes("key", bytes).digest() + ".onnx");
  }

  OrtSession open(Opener opener) throws OrtException {
    Path draft = null;
    try {
      Files.createDirectories(directory);
      DirectoryGuard.requireGuarded(directory);
      OrtSession cached = openCached(opener);
      if (cached != null) {
        return cached;
      }
      draft = Files.createTempFile(directory, "draft", ".onnx");
      OrtSession session = opener.originalSavingTo(draft);
      publish(draft);
      return session;
    } catch (IOException | OrtException e) {
      // If the model itself is at fault, the original says so.
      OrtSession session = opener.original();
      LOG.log(Level.WARNING, "No optimized graph was kept in {0}: {1}", directory, e.toString());
      return session;
    } finally {
      delete(draft);
    }
  }

  private @Nullable OrtSession openCached(Opener opener) {
    if (!Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    try {
      return opener.optimized(entry);
    } catch (OrtException | ModelLoadException e) {
      LOG.log(Level.WARNING, "{0} does not load and is made anew: {1}", entry, e.getMessage());
      delete(entry);
      return null;
    }
  }

  private void publish(Path draft) throws IOException {
    if (Files.size(draft) == 0) {
      return; // nothing was written; never publish an empty file
    }
    try {
      Files.move(draft, entry, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      LOG.log(Level.WARNING, "{0} cannot move files atomically: not cached", directory);
    }
  }

  private static void delete(@Nullable Path file) {
    if (file != null) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} stays: {1}", file, e.toString());
      }
    }
  }
}

package dev.inproc.inference.internal.files;

import dev.inproc.inference.internal.concurrent.Timer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A file that one thread of one process holds. The system releases it when the process ends. */
public final class ProcessLock implements AutoCloseable {
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long FIRST_PAUSE_NANOS = 200_000;
  private static final long LONGEST_PAUSE_NANOS = 20_000_000;

  /**
   * The files that threads of this process hold. A thread that wants one does not open it: on POSIX
   * systems, closing any channel of a file releases all locks that the process has of it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final FileChannel channel;
  private final Path key;

  private ProcessLock(FileChannel channel, Path key) {
    this.channel = channel;
    this.key = key;
  }

  /**
   * Waits for the file, up to 30 s.
   *
   * @throws IOException if another holds it so long, or if files cannot be locked there
   */
  public static ProcessLock hold(Path file) throws IOException {
    long end = Timer.system().nanoTime() + LIMIT_NANOS;
    for (long pause = FIRST_PAUSE_NANOS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS)) {
      ProcessLock lock = tryHold(file);
      if (lock != null) {
        return lock;
      }
      if (Timer.system().nanoTime() - end > 0) {
        throw new IOException("another process or thread held " + file + " for 30 s");
      }
      LockSupport.parkNanos(pause);
    }
  }

  /** Returns the lock, or null if another thread or process holds it. */
  public static @Nullable ProcessLock tryHold(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path directory = Objects.requireNonNull(absolute.getParent()).toRealPath();
    Path key = directory.resolve(Objects.requireNonNull(absolute.getFileName()));
    if (!HELD.add(key)) {
      return null;
    }
    ProcessLock lock = null;
    try {
      lock = tryHold(file, key);
      return lock;
    } finally {
      if (lock == null) {
        HELD.remove(key);
      }
    }
  }

  private static @Nullable ProcessLock tryHold(Path file, Path key) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean held = false;
    try {
      FileLock lock = channel.tryLock();
      held = lock != null;
      return held ? new ProcessLock(channel, key) : null;
    } catch (OverlappingFileLockException e) { // a copy of this class that another loader has
      return null;
    } finally {
      if (!held) {
        channel.close();
      }
    }
  }

  @Override
  public void close() throws IOException {
    if (!channel.isOpen()) {
      return; // the file may be another's by now
    }
    try {
      channel.close();
    } finally {
      HELD.remove(key);
    }
  }
}

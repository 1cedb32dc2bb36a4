package dev.inproc.inference.internal.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.inproc.inference.testing.endurance.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Locks that threads of this process and another process want. */
class ProcessLockTest {
  @TempDir private Path directory;

  /** The other process: tells whether the file is free. */
  public static final class Other {
    private Other() {}

    /** Tries to hold the file. */
    public static void main(String[] args) throws IOException {
      System.out.print(ProcessLock.tryHold(Path.of(args[0])) == null ? "held" : "free");
    }
  }

  private static String seenByAnotherProcess(Path file) throws IOException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                ChildJvm.classPath(),
                Other.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      return new String(
          child.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    } finally {
      child.destroyForcibly();
    }
  }

  /** On POSIX systems, a process loses its locks of a file when it closes any channel of that. */
  @Test
  @SuppressWarnings("try") // the lock is held, and not used
  void lock_thatAnotherThreadTriesToHold_isStillHeldAgainstOtherProcesses() throws IOException {
    Path file = directory.resolve("m.lock");
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
    try (ProcessLock held = ProcessLock.hold(file)) {
      assertNull(ProcessLock.tryHold(file));
      assertNull(ProcessLock.tryHold(link.resolve("m.lock")));
      assertEquals("held", seenByAnotherProcess(file));
    }
    assertEquals("free", seenByAnotherProcess(file));
    ProcessLock.hold(file).close();
  }
}

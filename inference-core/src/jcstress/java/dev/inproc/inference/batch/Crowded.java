package dev.inproc.inference.batch;

import java.io.IOException;
import java.net.ServerSocket;
import org.openjdk.jcstress.Main;

/**
 * Runs jcstress with more threads than there are cores. jcstress gives each actor of a race a core
 * of its own and silently leaves out races of more actors than it finds cores. Here it finds as many
 * as {@code -XX:ActiveProcessorCount} says, of a layout that it does not know, and pins nobody: the
 * races run, with less overlap where they have to share. Arguments are jcstress's own.
 */
public final class Crowded {
  private Crowded() {}

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    useThePlatform();
    System.setProperty("os.name", "with processors that are not told"); // in this process alone
    Main.main(args);
  }

  /** What the JDK chooses by the name of the system, it chooses once. */
  private static void useThePlatform() throws IOException, InterruptedException {
    new ServerSocket(0).close();
    String java = ProcessHandle.current().info().command().orElse("java");
    new ProcessBuilder(java, "-version").start().waitFor();
  }
}

package dev.inproc.inference.testing;

import java.lang.reflect.Method;

/** Virtual threads where the JDK has them, from 21 on. */
public final class VirtualThreads {
  private VirtualThreads() {}

  /** Returns whether there are any. */
  public static boolean areThere() {
    return Runtime.version().feature() >= 21;
  }

  /** Returns one that is not started; a daemon of the platform before 21. */
  public static Thread unstarted(Runnable task) {
    if (!areThere()) {
      Thread thread = new Thread(task);
      thread.setDaemon(true);
      return thread;
    }
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      Method unstarted =
          Class.forName("java.lang.Thread$Builder").getMethod("unstarted", Runnable.class);
      return (Thread) unstarted.invoke(builder, task);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("No virtual threads", e);
    }
  }
}

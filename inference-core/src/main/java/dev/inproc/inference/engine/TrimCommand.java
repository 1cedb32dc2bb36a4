package dev.inproc.inference.engine;

import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The JVM's own command {@code System.trim_native_heap}, which is there on Linux with glibc from
 * Java 17.0.9 and 18 on. Loaded only where the JDK has the module java.management.
 */
final class TrimCommand implements Runnable {
  private volatile boolean isAbsent;

  @Override
  public void run() {
    if (isAbsent) {
      return;
    }
    try {
      Object report =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "systemTrimNativeHeap",
                  new Object[0],
                  new String[0]);
      SessionLog.LOG.log(Level.DEBUG, "{0}", report);
    } catch (JMException | RuntimeException e) {
      isAbsent = true; // an older JVM, or one without the command
      SessionLog.LOG.log(Level.DEBUG, "The JVM cannot trim the native heap", e);
    }
  }
}

package dev.inproc.inference.testing.redeploy;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The program of a child JVM: deploys an application, uses it, undeploys it, and waits until its
 * class loader is unloaded; three times. Arguments: {@code own} if the application brings the whole
 * library with it, {@code shared} if a parent class loader has the library, {@code busy} for shared
 * with another application's model open all the time; then {@link DeployedApplication}'s argument.
 */
public final class Redeployment {
  private static final int TIMES = 3;

  /** Less than the 10 s after which an idle thread, and what it holds, would go by itself. */
  private static final long LIMIT_SECONDS = 6;

  private Redeployment() {}

  /** Runs it. */
  @SuppressWarnings("try") // the other application serves meanwhile
  public static void main(String[] args) throws Exception {
    boolean own = args[0].equals("own");
    String models = args.length > 1 ? args[1] : "";
    try (AutoCloseable other =
        args[0].equals("busy") ? DeployedApplication.open(models) : () -> {}) {
      for (int i = 0; i < TIMES; i++) {
        awaitUnloaded(deploy(own, models));
        System.out.println("unloaded " + args[0]);
      }
    }
    System.exit(0); // whatever threads an engine left
  }

  /** Runs one life of the application, on a thread as a container starts it. */
  private static WeakReference<ClassLoader> deploy(boolean own, String models) throws Exception {
    ClassLoader loader =
        own ? new URLClassLoader(classPath(), platform()) : new ApplicationLoader();
    @SuppressWarnings("unchecked")
    Consumer<String> application =
        (Consumer<String>)
            loader.loadClass(DeployedApplication.class.getName()).getConstructor().newInstance();
    if (application.getClass() == DeployedApplication.class) {
      throw new AssertionError("The application has no class loader of its own");
    }
    Thread[] container = new Thread[1];
    Throwable[] failure = new Throwable[1];
    ThreadGroup group = new ThreadGroup("application");
    container[0] = new Thread(group, () -> application.accept(models), "request");
    container[0].setUncaughtExceptionHandler((thread, e) -> failure[0] = e);
    container[0].setContextClassLoader(loader);
    container[0].start();
    container[0].join();
    if (failure[0] != null) {
      throw new AssertionError("The application failed", failure[0]);
    }
    if (loader instanceof URLClassLoader closeable) {
      closeable.close();
    }
    return new WeakReference<>(loader);
  }

  private static void awaitUnloaded(WeakReference<ClassLoader> loader) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (loader.get() != null) {
      if (System.nanoTime() - deadline > 0) {
        Set<Thread> threads = Thread.getAllStackTraces().keySet();
        throw new AssertionError("The class loader is still there; threads: " + threads);
      }
      System.gc();
      Thread.sleep(10);
    }
  }

  private static URL[] classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Redeployment::url)
        .toArray(URL[]::new);
  }

  private static URL url(String entry) {
    try {
      return Path.of(entry).toUri().toURL();
    } catch (MalformedURLException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ClassLoader platform() {
    return Objects.requireNonNull(ClassLoader.getPlatformClassLoader());
  }

  /** Defines the application's class; everything else is its parent's. */
  private static final class ApplicationLoader extends ClassLoader {
    private static final String NAME = DeployedApplication.class.getName();

    ApplicationLoader() {
      super(DeployedApplication.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.equals(NAME)) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : define();
      }
    }

    private Class<?> define() throws ClassNotFoundException {
      String file = NAME.replace('.', '/') + ".class";
      try (InputStream in = Objects.requireNonNull(getParent().getResourceAsStream(file), file)) {
        byte[] bytes = in.readAllBytes();
        return defineClass(NAME, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(NAME, e);
      }
    }
  }
}

package dev.inproc.inference.model;

import static dev.inproc.inference.model.RepositoryFixture.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.testing.endurance.ChildJvm;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A publisher that is killed leaves its version whole or invisible, and labels of before or after.
 */
@Tag("endurance")
class KilledTest {
  private static final int KILLS = Boolean.getBoolean("inproc.endurance") ? 1_000 : 3;
  private static final Manifest DRAFT = Manifest.builder("test").main("model.bin").build();

  @TempDir private Path directory;

  /** Ends like a process: from a step on, nothing is done any more, and nothing is cleaned up. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** Only a power failure would tell that nothing is forced to the disk. */
  private static class Quick extends FileOperations {
    @Override
    public void force(FileChannel channel) {}
  }

  private static final class Mortal extends Quick {
    private final int last;
    private int steps;

    Mortal(int last) {
      this.last = last;
    }

    @Override
    public void step() {
      if (++steps > last) {
        throw new Killed();
      }
    }
  }

  /** Publishes version 2 of two files and moves a label to it, and back and forth. */
  private static void work(ModelRepository repository, Path source) {
    long version =
        repository
            .publish(
                "fraud",
                DRAFT,
                Map.of("model.bin", source.resolve("model.bin"), "sub", source.resolve("sub")))
            .version();
    repository.setLabel("fraud", "stable", version, "worker", "it is new");
    repository.setLabel("fraud", "previous", version - 1, "worker", "it was stable");
    repository.removeLabel("fraud", "previous", "worker", "not needed");
  }

  private Path makeSource() {
    Path source = directory.resolve("source");
    write(source.resolve("model.bin"), "m".repeat(3_000));
    write(source.resolve("sub/a.txt"), "a");
    write(source.resolve("sub/b.txt"), "b".repeat(100));
    return source;
  }

  /** All that a reader and the next writer rely on. */
  private static void assertConsistent(Path root, Path source, String when) {
    try (RepositoryFixture fixture =
        new RepositoryFixture(root, RepositoryFixture.NO_POLLS, new Quick())) {
      ModelRepository repository = fixture.repository;
      List<Long> versions = fixture.versions("fraud");
      assertTrue(versions.contains(1L), when);
      assertEquals(versions.size(), repository.status("fraud").size(), when); // no half one
      repository.versions("fraud").forEach(ModelVersion::verify);
      Long stable = repository.labels("fraud").get("stable");
      assertTrue(stable != null && versions.contains(stable), when + ": stable is " + stable);
      assertTrue(repository.notes("fraud").isEmpty(), when + repository.notes("fraud"));
      work(repository, source); // the next writer goes on
      long newest = versions.get(versions.size() - 1) + 1;
      assertEquals(newest, repository.label("fraud", "stable").orElseThrow().version(), when);
      assertEquals(Map.of("stable", newest), repository.labels("fraud"), when);
      // The history tells how the labels came to be what they are, whatever happened.
      Map<String, Long> told = new java.util.TreeMap<>();
      for (LabelChange change : repository.history("fraud")) {
        assertEquals(told.get(change.label()), change.from(), when + ": " + change);
        if (change.to() == null) {
          told.remove(change.label());
        } else {
          told.put(change.label(), change.to());
        }
      }
      assertEquals(repository.labels("fraud"), told, when);
    }
  }

  private void makeFirst(Path root, Path source) {
    try (RepositoryFixture fixture =
        new RepositoryFixture(root, RepositoryFixture.NO_POLLS, new Quick())) {
      fixture.repository.publish("fraud", DRAFT, Map.of("model.bin", source.resolve("model.bin")));
      fixture.repository.setLabel("fraud", "stable", 1, "maker", "the first");
    }
  }

  @Test
  void publishAndLabel_stoppedAtEachStep_areConsistent() {
    Path source = makeSource();
    int steps = 0;
    boolean ended = false;
    while (!ended) {
      Path root = directory.resolve("root" + steps);
      makeFirst(root, source);
      Mortal operations = new Mortal(steps);
      try (RepositoryFixture fixture =
          new RepositoryFixture(root, RepositoryFixture.NO_POLLS, operations)) {
        work(fixture.repository, source);
        ended = true;
      } catch (Killed expected) {
        // as intended
      }
      assertConsistent(root, source, "stopped after step " + steps);
      RepositoryFixture.delete(root);
      steps++;
    }
    assertTrue(steps > 50, steps + " steps");
  }

  /** The child: works until it is killed. */
  public static final class Worker {
    private Worker() {}

    /** Publishes and labels for ever. */
    public static void main(String[] args) {
      try (ModelRepository repository =
          ModelRepository.open(Path.of(args[0]), RepositoryFixture.NO_POLLS)) {
        System.out.println("works");
        while (true) {
          work(repository, Path.of(args[1]));
        }
      }
    }
  }

  @Test
  void publishAndLabel_killedProcess_areConsistent() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Path source = makeSource();
    Path root = directory.resolve("root");
    makeFirst(root, source);
    for (int kill = 1; kill <= KILLS; kill++) {
      Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-Xshare:auto",
                  "-Xmx64m",
                  "-cp",
                  ChildJvm.classPath(),
                  Worker.class.getName(),
                  root.toString(),
                  source.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try {
        assertEquals('w', child.getInputStream().read());
        child.waitFor(random.nextInt(200_000), TimeUnit.MICROSECONDS);
      } finally {
        child.destroyForcibly(); // SIGKILL
        child.waitFor();
      }
      assertConsistent(root, source, "seed " + seed + ", kill " + kill);
      keepTheLatest(root.resolve("fraud"));
    }
  }

  /** So that a long run does not fill the disk. Version 1 stays. */
  private static void keepTheLatest(Path model) throws IOException {
    List<Long> all;
    try (var names = Files.list(model)) {
      all = names.map(each -> Names.version(each.getFileName().toString())).sorted().toList();
    }
    for (long version : all.subList(0, Math.max(0, all.size() - 3))) {
      if (version > 1) {
        RepositoryFixture.delete(model.resolve(Long.toString(version)));
      }
    }
  }
}

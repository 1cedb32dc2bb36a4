package dev.inproc.inference.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A repository below a temporary directory, with a clock of its own, and what it told. */
final class RepositoryFixture implements AutoCloseable, RepositoryListener {
  static final RepositoryOptions NO_POLLS =
      RepositoryOptions.DEFAULT.withPollInterval(Duration.ZERO);

  /** Counts what a look costs. */
  static class Counting extends FileOperations {
    final AtomicInteger reads = new AtomicInteger();
    final AtomicInteger stats = new AtomicInteger();
    final AtomicInteger lists = new AtomicInteger();
    final AtomicInteger digests = new AtomicInteger();

    @Override
    public List<String> list(Path directory) throws IOException {
      lists.incrementAndGet();
      return super.list(directory);
    }

    @Override
    public Stat stat(Path path) throws IOException {
      stats.incrementAndGet();
      return super.stat(path);
    }

    @Override
    public byte[] read(Path file, int most) throws IOException {
      reads.incrementAndGet();
      return super.read(file, most);
    }

    @Override
    public String digest(Path file, long size) throws IOException {
      digests.incrementAndGet();
      return super.digest(file, size);
    }
  }

  final Path root;
  final ManualTimer timer = new ManualTimer();
  final FileOperations operations;
  final ModelRepository repository;
  private final List<String> told = Collections.synchronizedList(new ArrayList<>());

  RepositoryFixture(Path root) {
    this(root, NO_POLLS, new FileOperations());
  }

  RepositoryFixture(Path root, RepositoryOptions options, FileOperations operations) {
    this.root = root;
    this.operations = operations;
    repository = ModelRepository.open(root, options, ServingThreads.withTimer(timer), operations);
    repository.addListener(this);
  }

  // ---- files ----

  static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static String sha256(String text) {
    return ModelVersion.digest(text.getBytes(UTF_8));
  }

  /** A manifest of files with these contents. */
  static String manifest(Map<String, String> files) {
    List<Manifest.File> all = new ArrayList<>();
    files.forEach(
        (path, text) ->
            all.add(new Manifest.File(path, text.getBytes(UTF_8).length, sha256(text))));
    return new String(ManifestJson.write(Manifest.builder("test").files(all).build()), UTF_8);
  }

  /** Puts a version there as another program does, file by file. */
  static Path put(Path root, String model, String version, Map<String, String> files) {
    Path directory = root.resolve(model).resolve(version);
    files.forEach((path, text) -> write(directory.resolve(path), text));
    write(directory.resolve("manifest.json"), manifest(files));
    return directory;
  }

  Path put(String model, String version) {
    return put(root, model, version, Map.of("model.bin", model + version));
  }

  void label(String model, String json) {
    write(root.resolve(model).resolve("labels.json"), json);
  }

  static void delete(Path path) {
    try {
      new FileOperations().deleteTree(path);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  // ---- what is known ----

  List<Long> versions(String model) {
    return repository.versions(model).stream().map(ModelVersion::version).toList();
  }

  /** What the listener heard since the last call, as soon as it is as many. */
  List<String> told(int count) {
    Await.until(count + " changes, got " + told, () -> told.size() >= count);
    synchronized (told) {
      List<String> all = List.copyOf(told);
      told.clear();
      return all;
    }
  }

  /** What the listener heard up to a change that this makes: nothing else is on its way. */
  List<String> toldAtAll() {
    put("sentinel-" + timer.nanoTime(), "1");
    timer.advance(1);
    repository.refresh();
    Await.until(
        "the sentinel, got " + told,
        () -> List.copyOf(told).stream().anyMatch(each -> each.startsWith("added sentinel-")));
    synchronized (told) {
      List<String> all = told.stream().filter(each -> !each.contains("sentinel-")).toList();
      told.clear();
      return all;
    }
  }

  @Override
  public void versionAdded(ModelVersion version) {
    told.add("added " + version);
  }

  @Override
  public void versionRemoved(ModelVersion version) {
    told.add("removed " + version);
  }

  @Override
  public void versionFailed(String model, long version, String reason, boolean isPermanent) {
    told.add("failed " + model + "@" + version + (isPermanent ? " for good: " : ": ") + reason);
  }

  @Override
  public void labelMoved(String label, ModelVersion version) {
    told.add(label + " is " + version);
  }

  @Override
  public void storageMissing(Path missing, String reason) {
    told.add("missing");
  }

  @Override
  public void storageFound(Path found) {
    told.add("found");
  }

  @Override
  public void close() {
    repository.close();
  }
}

package dev.inproc.inference.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Copies of a version that another program makes, stopped anywhere: files in any order, the
 * manifest first too, in chunks of 1 to 64 KiB. 10,000 of them with {@code
 * -Dinproc.endurance=true}, else 300.
 */
@Tag("endurance")
class PartialCopiesTest {
  private static final int COPIES = Boolean.getBoolean("inproc.endurance") ? 10_000 : 300;

  @TempDir private Path root;

  private static byte[] random(Random random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private static Map<String, byte[]> files(Random random) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : List.of("model.bin", "weights/a.bin", "vocab.txt")) {
      byte[] bytes = random(random, 1 + random.nextInt(60_000));
      files.put(name, bytes);
    }
    List<Manifest.File> listed = new ArrayList<>();
    files.forEach(
        (name, bytes) ->
            listed.add(new Manifest.File(name, bytes.length, ModelVersion.digest(bytes))));
    files.put("manifest.json", ManifestJson.write(Manifest.builder("test").files(listed).build()));
    return files;
  }

  @Test
  void look_copiesStoppedAnywhere_loadsNone() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int whole = 0;
    try (RepositoryFixture fixture = new RepositoryFixture(root)) {
      for (int copy = 1; copy <= COPIES; copy++) {
        String message = "seed " + seed + ", copy " + copy;
        String model = "m" + copy;
        Map<String, byte[]> files = files(random);
        List<String> order = new ArrayList<>(files.keySet());
        Collections.shuffle(order, random);
        int chunk = 1_024 << random.nextInt(7);
        int chunks =
            files.values().stream().mapToInt(bytes -> (bytes.length + chunk - 1) / chunk).sum();
        int stop = random.nextInt(chunks); // so many are written, which is never all
        boolean isSized = random.nextInt(8) == 0; // some programs set the size first
        int written = 0;
        for (String name : order) {
          Path file = root.resolve(model).resolve("1").resolve(name);
          Files.createDirectories(file.getParent());
          byte[] bytes = files.get(name);
          int parts = Math.min((bytes.length + chunk - 1) / chunk, stop - written);
          written += parts;
          byte[] begin = Arrays.copyOf(bytes, Math.min(bytes.length, parts * chunk));
          Files.write(file, isSized ? Arrays.copyOf(begin, bytes.length) : begin);
          if (written == stop) {
            break;
          }
        }
        fixture.repository.refresh();
        if (isSized) { // of the right size: the digest tells, before it serves
          fixture
              .repository
              .version(model, 1)
              .ifPresent(version -> assertTrue(!isLoadable(version), message));
        } else {
          assertTrue(fixture.repository.versions(model).isEmpty(), message);
        }
        if (copy % 50 == 0) { // and the rest of it makes it whole
          for (Map.Entry<String, byte[]> each : files.entrySet()) {
            Path file = root.resolve(model).resolve("1").resolve(each.getKey());
            Files.createDirectories(file.getParent());
            Files.write(file, each.getValue());
          }
          fixture.repository.refresh();
          assertTrue(isLoadable(fixture.repository.version(model, 1).orElseThrow()), message);
          whole++;
        }
        RepositoryFixture.delete(root.resolve(model));
      }
    }
    assertEquals(COPIES / 50, whole);
  }

  private static boolean isLoadable(ModelVersion version) {
    try {
      version.verify();
      return true;
    } catch (dev.inproc.inference.ModelLoadException e) {
      return false;
    }
  }
}

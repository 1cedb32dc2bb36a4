package dev.inproc.inference.onnx;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Loads mutants of real models, half from bytes and half from a file with external data beside it,
 * and counts how that ends. Anything but a session or a ModelLoadException ends the program.
 */
final class MutantLoader {
  private final AtomicBoolean checked = new AtomicBoolean();
  private final OnnxEngine engine = new OnnxEngine(OnnxOptions.DEFAULT, () -> checked.set(true));
  private final OnnxEngine trusting =
      new OnnxEngine(OnnxOptions.builder().trustModels(true).build());
  private int loaded;
  private int refusedByTheCheck;
  private int refusedByTheCheckAlone;
  private int refusedByTheEngine;

  public static void main(String[] arguments) throws IOException {
    long seed = Long.parseLong(arguments[0]);
    int mutants = Integer.parseInt(arguments[1]);
    Path directory = Path.of(arguments[2]);
    Files.write(directory.resolve("weights.bin"), new byte[32]);
    MutantLoader loader = new MutantLoader();
    Mutations mutations = new Mutations(seed, Seeds.models());
    for (int i = 0; i < mutants; i++) {
      byte[] bytes = mutations.next();
      ModelSource source =
          i % 2 == 0
              ? ModelSource.bytes("mutant", bytes)
              : ModelSource.file(Files.write(directory.resolve("mutant.onnx"), bytes));
      loader.load(source);
    }
    System.out.printf(
        "mutants: %d, loaded: %d, refused by the check: %d (by it alone: %d), by the engine: %d%n",
        mutants,
        loader.loaded,
        loader.refusedByTheCheck,
        loader.refusedByTheCheckAlone,
        loader.refusedByTheEngine);
  }

  private void load(ModelSource source) {
    checked.set(false);
    try {
      engine.load(source).close();
      loaded++;
    } catch (ModelLoadException e) {
      if (checked.get()) {
        refusedByTheEngine++;
      } else {
        refusedByTheCheck++;
        loadTrusting(source);
      }
    }
  }

  /** What the check refuses must not crash either: ONNX Runtime has checks of its own. */
  private void loadTrusting(ModelSource source) {
    try {
      trusting.load(source).close();
      refusedByTheCheckAlone++;
    } catch (ModelLoadException e) {
      // both refuse it
    }
  }

  private MutantLoader() {}
}

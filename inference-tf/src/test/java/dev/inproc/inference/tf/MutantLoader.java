package dev.inproc.inference.tf;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Loads mutants, in a JVM that may crash over it: the last one written is to blame. */
final class MutantLoader {
  private MutantLoader() {}

  /** Takes the seed, how many, and a folder. */
  public static void main(String[] arguments) throws Exception {
    Random random = new Random(Long.parseLong(arguments[0]));
    int mutants = Integer.parseInt(arguments[1]);
    Path model = Files.createDirectories(Path.of(arguments[2], "mutant"));
    int loaded = 0;
    int refused = 0;
    for (int i = 0; i < mutants; i++) {
      byte[] seed = Seeds.models().get(i % Seeds.models().size());
      Files.write(model.resolve("saved_model.pb"), Mutations.mutate(random, seed));
      try {
        new TensorFlowEngine().load(ModelSource.file(model), SessionOptions.DEFAULT).close();
        loaded++;
      } catch (ModelLoadException e) {
        refused++;
      }
    }
    System.out.println("mutants: " + mutants + ", loaded " + loaded + ", refused " + refused);
    System.exit(0);
  }
}

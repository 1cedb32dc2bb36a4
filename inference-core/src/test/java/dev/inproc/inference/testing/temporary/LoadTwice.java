package dev.inproc.inference.testing.temporary;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import java.nio.file.Path;

/** The program of a child JVM: loads a model two times and prints what each said. */
final class LoadTwice {
  private LoadTwice() {}

  public static void main(String[] args) {
    for (int i = 0; i < 2; i++) {
      try {
        Engine.named(args[0]).load(ModelSource.file(Path.of(args[1]))).close();
        System.out.println("LOADED");
      } catch (ModelLoadException e) {
        System.out.println("FAILED " + e.getMessage());
      }
    }
  }
}

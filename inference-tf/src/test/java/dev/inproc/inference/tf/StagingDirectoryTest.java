package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagingDirectoryTest {
  @TempDir Path directory;

  private StagedModel stage() {
    ModelSource source = ModelSource.file(SavedModels.tinyMlp().write(directory));
    return StagedModel.of(source, Long.MAX_VALUE, TensorFlowOptions.DEFAULT);
  }

  /** Else TensorFlow's counters grow with every load. */
  @Test
  void loadAfterLoad_usesTheSameName_andTwoAtOnceDoNot() {
    StagedModel first = stage();
    Path name = first.directory();
    StagedModel second = stage();
    assertNotEquals(name, second.directory());
    second.close();
    first.close();
    assertFalse(Files.exists(name));
    boolean again = false;
    for (int i = 0; i < 100 && !again; i++) { // among the names that other tests gave back
      StagedModel next = stage();
      again = next.directory().equals(name);
      next.close();
    }
    assertTrue(again);
  }

  @Test
  void nameThatSomebodyElseTook_isNotUsed_andAllAreTheOwnersAlone() throws IOException {
    Path taken = Files.createDirectory(directory.resolve("taken"));
    StagingDirectory.giveBack(taken);
    Path free = directory.resolve("free");
    StagingDirectory.giveBack(free);
    boolean seen = false;
    for (int i = 0; i < 100 && !seen; i++) {
      Path made = StagingDirectory.create();
      assertNotEquals(taken, made);
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
      seen = made.equals(free);
      Files.delete(made);
      if (!seen) {
        StagingDirectory.giveBack(made);
      }
    }
    assertTrue(seen);
  }
}

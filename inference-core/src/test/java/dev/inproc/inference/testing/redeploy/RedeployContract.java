package dev.inproc.inference.testing.redeploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.testing.contract.ContractModels;
import dev.inproc.inference.testing.endurance.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What holds for every engine whose native library a parent class loader has. (A JVM loads a native
 * library for one class loader, so an application cannot bring it along twice.)
 */
public abstract class RedeployContract {
  private final ContractModels models;

  @TempDir Path directory;

  /** Creates the suite for an engine. */
  protected RedeployContract(ContractModels models) {
    this.models = models;
  }

  @Test
  void undeployed_whileAnotherApplicationServes_classLoaderIsUnloaded() throws Exception {
    run(directory, "busy", models.getClass().getName());
  }

  static void run(Path directory, String layout, String models) throws Exception {
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            directory,
            Duration.ofMinutes(2),
            List.of("-XX:SoftRefLRUPolicyMSPerMB=0"),
            (process, output) -> {},
            Redeployment.class,
            layout,
            models);
    assertEquals(0, outcome.exit(), outcome::output);
    assertEquals("unloaded " + layout + "\n", lastLine(outcome.output()), outcome::output);
  }

  private static String lastLine(String output) {
    return output.substring(output.lastIndexOf('\n', output.length() - 2) + 1);
  }
}

package dev.inproc.inference.testing.redeploy;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedeployTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"own", "shared", "busy"})
  void undeployed_threeTimes_classLoaderIsUnloaded(String layout) throws Exception {
    RedeployContract.run(directory, layout, "");
  }
}

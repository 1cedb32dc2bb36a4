package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.deploy.RolloutMetrics;
import dev.inproc.inference.deploy.RolloutState;
import dev.inproc.inference.deploy.RolloutTrigger;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RollOutTest {
  @Test
  void run_promotesTheGoodVersion_andTakesTheBadOneBack() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    List<RolloutMetrics> ends = RollOut.run(out, 2_000, Duration.ofSeconds(8));
    String text = bytes.toString(StandardCharsets.UTF_8);

    assertEquals(RolloutState.PROMOTED, ends.get(0).state(), text);
    assertEquals(List.of(), ends.get(0).alarms(), text);
    assertEquals(RolloutState.ROLLED_BACK, ends.get(1).state(), text);
    assertEquals(RolloutTrigger.PREDICTIONS, ends.get(1).alarms().get(0).trigger(), text);
    assertTrue(text.contains("serving: fraud@2"), text);
    assertTrue(text.contains(" 0 failed"), text);
  }
}

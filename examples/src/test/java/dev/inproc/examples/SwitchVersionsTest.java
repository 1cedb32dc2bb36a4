package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SwitchVersionsTest {
  @Test
  void run_ofTheForests_failsNoCall_andEachVersionAnswers() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    SwitchVersions.run(out, 2_000, false, Duration.ofMillis(400));
    String text = bytes.toString(StandardCharsets.UTF_8);

    Matcher row = Pattern.compile("(?m)^([a-z].{17}) *(\\d+) +(\\d+) .*\\{(.*)}$").matcher(text);
    int rows = 0;
    while (row.find()) {
      rows++;
      assertEquals("0", row.group(3), text);
      assertTrue(row.group(4).matches("(fraud@[12]=\\d+(, )?)+"), text);
    }
    assertTrue(rows >= 4, text);
    assertTrue(text.contains("after  "), text);
    assertTrue(Pattern.compile("(?m)^after  .*\\{fraud@2=\\d+}$").matcher(text).find(), text);
    assertTrue(Pattern.compile("(?m)^after that .*\\{fraud@1=\\d+}$").matcher(text).find(), text);
    assertTrue(text.contains("from 2 to 1: to show that too"), text);
  }
}

package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inproc.inference.spring.boot.service.ByHand;
import dev.inproc.inference.spring.boot.service.SearchService;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.springframework.boot.SpringBootVersion;

/**
 * What the starter adds to an application's start, beside loading the model: the same application
 * with the model loaded by hand, started in turn, without the starter's jar on its class path.
 */
@Tag("endurance")
class StartupTimeTest {
  private static final int STARTS = 7;
  private static final long MOST_MILLIS = 150;

  @Test
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void start_withTheStarter_takesHardlyLonger() throws Exception {
    List<Long> byHand = new ArrayList<>();
    List<Long> byStarter = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      byHand.add(start(ByHand.class, "server.port=0"));
      byStarter.add(
          start(
              SearchService.class,
              "server.port=0",
              Contexts.FAQ[0],
              Contexts.FAQ[1],
              Contexts.FAQ[2]));
    }
    Collections.sort(byHand);
    Collections.sort(byStarter);
    System.out.printf(
        "Boot %s: by hand %s ms, by the starter %s ms, medians %d and %d%n",
        SpringBootVersion.getVersion(),
        byHand,
        byStarter,
        byHand.get(STARTS / 2),
        byStarter.get(STARTS / 2));
    assertThat(byStarter.get(STARTS / 2) - byHand.get(STARTS / 2)).isLessThanOrEqualTo(MOST_MILLIS);
  }

  private static long start(Class<?> program, String... properties) throws Exception {
    String without =
        program == ByHand.class ? "spring-boot-starter/target/(dev/main|classes)" : "^$";
    try (Child app = Child.startWithout(without, program, List.of(), properties)) {
      String[] ready = app.await("READY ").split(" ", -1);
      return Long.parseLong(ready[3]);
    }
  }
}

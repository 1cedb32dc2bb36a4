package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/** What an application with the starter and without a model loads of this library. */
class ClassLoadingTest {

  /**
   * An application without a model. Its package is this library's, so the test knows it by name.
   */
  @EnableAutoConfiguration
  public static class Empty {
    /** Starts and ends. */
    public static void main(String[] args) {
      SpringApplication.run(Empty.class, args).close();
      System.out.println("ENDED");
    }
  }

  @Test
  void application_withoutAModel_loadsTheConditionAlone() throws Exception {
    try (Child app = Child.start(Empty.class, List.of("-Xlog:class+load"), "server.port=0")) {
      app.await("ENDED");
      assertThat(app.exit(20)).isZero();
      List<String> loaded =
          app.output().stream()
              .filter(line -> line.contains("[class,load]"))
              .map(line -> line.substring(line.lastIndexOf("] ") + 2).split(" ", -1)[0])
              .filter(
                  name ->
                      name.startsWith("dev.inproc.")
                          || name.startsWith("ai.onnxruntime.")
                          || name.startsWith("ai.djl."))
              .filter(name -> !name.equals(Empty.class.getName()))
              .toList();
      assertThat(loaded).containsExactly(OnModelsCondition.class.getName());
    }
  }

  @Test
  void application_withoutWhatIsOptional_startsItsModel() throws Exception {
    try (Child app =
        Child.startWithout(
            "spring-boot-actuator|spring-boot-(health|micrometer)|micrometer-(core|jakarta9)|inference-(cache|micrometer)",
            Empty.class,
            List.of("-Xlog:class+load"),
            "server.port=0",
            "inproc.models.score.location=" + Contexts.SCORER)) {
      app.await("ENDED");
      assertThat(app.exit(20)).isZero();
      assertThat(app.output()).anyMatch(line -> line.contains(" ai.onnxruntime.OrtSession "));
    }
  }
}

package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.springframework.boot.SpringBootVersion;

/** Each run of the tests has the classes of the Spring Boot that it is for. */
class BootVersionTest {

  @Test
  @EnabledIfSystemProperty(named = "inproc.boot", matches = ".+")
  void classPath_ofThisRun_hasTheVersionOfThisRun() {
    assertThat(SpringBootVersion.getVersion()).isEqualTo(System.getProperty("inproc.boot"));
  }
}

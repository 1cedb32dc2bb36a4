/** Models as beans of a Spring Boot application, from its properties. */
module dev.inproc.inference.spring.boot {
  requires static transitive org.jspecify;
  requires transitive dev.inproc.inference.text;
  requires static dev.inproc.inference.cache;
  requires static dev.inproc.inference.micrometer;
  requires transitive spring.boot;
  requires transitive spring.boot.autoconfigure;
  requires transitive spring.context;
  requires transitive spring.beans;
  requires transitive spring.core;
  requires static micrometer.core;
  requires static spring.boot.actuator;
  requires static spring.boot.actuator.autoconfigure;
  requires static spring.boot.health;

  exports dev.inproc.inference.spring.boot;

  opens dev.inproc.inference.spring.boot;
}

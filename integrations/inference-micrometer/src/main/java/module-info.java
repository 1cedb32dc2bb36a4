/** Meters, observations and context propagation for predictors, by Micrometer. */
module dev.inproc.inference.micrometer {
  requires static transitive org.jspecify;
  requires transitive dev.inproc.inference;
  requires transitive micrometer.core;
  requires transitive micrometer.observation;
  requires static transitive context.propagation;

  exports dev.inproc.inference.micrometer;
}

/** Answers recurring requests without running the model again. */
module dev.inproc.inference.cache {
  requires static transitive org.jspecify;
  requires transitive dev.inproc.inference;
  requires com.github.benmanes.caffeine;

  exports dev.inproc.inference.cache;
}

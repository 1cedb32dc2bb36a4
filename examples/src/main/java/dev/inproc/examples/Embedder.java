package dev.inproc.examples;

/** Turns a text into a vector. */
@FunctionalInterface
interface Embedder {
  float[] embed(String text);
}

package dev.inproc.inference.text;

/** Asked during long work whether it is still wanted. */
@FunctionalInterface
interface Progress {
  /** Work that always goes on. */
  Progress ANY = () -> {};

  /** Throws if the call that the work is for is over. */
  void check();
}

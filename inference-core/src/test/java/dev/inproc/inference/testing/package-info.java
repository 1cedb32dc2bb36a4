/** Doubles that own the time, the engine and the answers, for the tests of every module. */
@NullMarked
package dev.inproc.inference.testing;

import org.jspecify.annotations.NullMarked;

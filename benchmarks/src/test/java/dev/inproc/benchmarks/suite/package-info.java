@NullMarked
package dev.inproc.benchmarks.suite;

import org.jspecify.annotations.NullMarked;

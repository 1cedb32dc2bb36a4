@NullMarked
package dev.inproc.benchmarks;

import org.jspecify.annotations.NullMarked;

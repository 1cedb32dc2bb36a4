@NullMarked
package dev.inproc.benchmarks.load;

import org.jspecify.annotations.NullMarked;

@NullMarked
package dev.inproc.benchmarks.peers;

import org.jspecify.annotations.NullMarked;

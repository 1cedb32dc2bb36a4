/** Small complete programs, one idea each. */
@NullMarked
package dev.inproc.examples;

import org.jspecify.annotations.NullMarked;

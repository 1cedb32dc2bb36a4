/** Tensors and their descriptions: immutable values on the Java heap, with nothing to close. */
@NullMarked
package dev.inproc.inference.tensor;

import org.jspecify.annotations.NullMarked;

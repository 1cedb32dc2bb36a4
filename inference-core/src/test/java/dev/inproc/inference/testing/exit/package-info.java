/** A process that ends while models load and answer. */
@NullMarked
package dev.inproc.inference.testing.exit;

import org.jspecify.annotations.NullMarked;

/** An engine and a layer of one's own, as docs/extending.md tells. */
@NullMarked
package dev.inproc.examples.extending;

import org.jspecify.annotations.NullMarked;

/** Loading where the temporary directory cannot be used. */
@NullMarked
package dev.inproc.inference.testing.temporary;

import org.jspecify.annotations.NullMarked;

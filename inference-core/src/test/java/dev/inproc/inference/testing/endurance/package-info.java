/** Long runs in child JVMs, for every engine: closing, leaks, loading, hanging. */
@NullMarked
package dev.inproc.inference.testing.endurance;

import org.jspecify.annotations.NullMarked;

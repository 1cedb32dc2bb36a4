/** What every engine must do, as tests that each engine's module extends. */
@NullMarked
package dev.inproc.inference.testing.contract;

import org.jspecify.annotations.NullMarked;

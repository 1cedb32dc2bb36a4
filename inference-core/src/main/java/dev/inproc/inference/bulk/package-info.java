/** Scoring any number of rows in one call. */
@NullMarked
package dev.inproc.inference.bulk;

import org.jspecify.annotations.NullMarked;

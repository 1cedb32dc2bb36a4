/** What a text says that an embedding hardly shows: numbers, negation, names, order. */
@NullMarked
package dev.inproc.inference.cache.text;

import org.jspecify.annotations.NullMarked;

/**
 * What the author of an engine implements: {@link dev.inproc.inference.spi.NativeModel}, a model as
 * one runtime loads it, and {@link dev.inproc.inference.spi.IoBinding}, one prepared run of it.
 * Applications need nothing from here. {@link dev.inproc.inference.engine.Session#load} makes a
 * session of native models.
 */
@NullMarked
package dev.inproc.inference.spi;

import org.jspecify.annotations.NullMarked;

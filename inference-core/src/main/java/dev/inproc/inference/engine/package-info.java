/**
 * Engines and what they share. Applications meet {@link dev.inproc.inference.engine.Engine}, {@link
 * dev.inproc.inference.engine.ModelSource}, {@link dev.inproc.inference.engine.SessionOptions} and
 * {@link dev.inproc.inference.engine.Session}. An engine's author implements {@link
 * dev.inproc.inference.engine.NativeModel} and {@link dev.inproc.inference.engine.Frame}, and gets
 * a session from {@link dev.inproc.inference.engine.Session#of}: checking inputs, gathering and
 * padding batches, pooling memory, cutting answers, cancelling and closing are done here, once.
 */
@NullMarked
package dev.inproc.inference.engine;

import org.jspecify.annotations.NullMarked;

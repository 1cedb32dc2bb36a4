/**
 * Sessions: loaded models as predictors of tensors. Applications use {@link
 * dev.inproc.inference.engine.Engine}, {@link dev.inproc.inference.engine.ModelSource}, {@link
 * dev.inproc.inference.engine.SessionOptions} and {@link dev.inproc.inference.engine.Session}. The
 * author of an engine implements {@link dev.inproc.inference.spi.NativeModel} and {@link
 * dev.inproc.inference.spi.IoBinding}, and gets a session from {@link
 * dev.inproc.inference.engine.Session#load}. Checking inputs, gathering and padding batches,
 * pooling memory, cutting answers, cancelling and closing are done here, once.
 */
@NullMarked
package dev.inproc.inference.engine;

import org.jspecify.annotations.NullMarked;

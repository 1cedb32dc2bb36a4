/**
 * The API that an application uses: {@link dev.inproc.inference.Predictor} answers requests, {@link
 * dev.inproc.inference.CallOptions} says how, {@link dev.inproc.inference.InferenceException} says
 * why not. Load a model with an {@link dev.inproc.inference.engine.Engine}.
 */
@NullMarked
package dev.inproc.inference;

import org.jspecify.annotations.NullMarked;

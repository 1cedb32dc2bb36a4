/**
 * Versions of a model behind one predictor: {@link dev.inproc.inference.deploy.Deployment} loads a
 * version beside the one that serves, switches to it without a failed call, and goes back at once.
 */
@NullMarked
package dev.inproc.inference.deploy;

import org.jspecify.annotations.NullMarked;

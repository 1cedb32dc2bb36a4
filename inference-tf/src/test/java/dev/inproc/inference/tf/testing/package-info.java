/** SavedModels that tests, benchmarks and examples make themselves. */
package dev.inproc.inference.tf.testing;

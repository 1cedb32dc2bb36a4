/** The TensorFlow engine: {@link dev.inproc.inference.tf.TensorFlowEngine} and its options. */
@NullMarked
package dev.inproc.inference.tf;

import org.jspecify.annotations.NullMarked;

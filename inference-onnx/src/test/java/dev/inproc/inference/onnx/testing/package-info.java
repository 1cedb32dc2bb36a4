/** Small ONNX models, built in memory, that tests, benchmarks and examples share. */
@NullMarked
package dev.inproc.inference.onnx.testing;

import org.jspecify.annotations.NullMarked;

/** The ONNX Runtime engine: {@link dev.inproc.inference.onnx.OnnxEngine} and its options. */
@NullMarked
package dev.inproc.inference.onnx;

import org.jspecify.annotations.NullMarked;

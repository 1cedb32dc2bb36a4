/**
 * Makes ONNX models smaller and faster, and says what that costs: {@link
 * dev.inproc.inference.onnx.quantize.ModelInspector}, {@link
 * dev.inproc.inference.onnx.quantize.Quantizer}, {@link
 * dev.inproc.inference.onnx.quantize.AccuracyGate} and {@link
 * dev.inproc.inference.onnx.quantize.Variants}. The quantizer needs {@code
 * org.tribuo:tribuo-util-onnx} on the class or module path, which nothing else here does.
 */
@NullMarked
package dev.inproc.inference.onnx.quantize;

import org.jspecify.annotations.NullMarked;

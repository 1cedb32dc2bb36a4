/** Tests of the quantizer. */
package dev.inproc.inference.onnx.quantize;

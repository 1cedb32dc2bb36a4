/**
 * The wire format of ONNX files, and what they name outside themselves, read without trust. Not
 * API: the module does not export it.
 */
@NullMarked
package dev.inproc.inference.onnx.format;

import org.jspecify.annotations.NullMarked;

/** Tests of the TensorFlow engine, on real models. */
package dev.inproc.inference.tf;

package dev.inproc.inference.onnx.format;

/**
 * One file of external data that a model names.
 *
 * @param location its path from the model's directory, as the model has it
 * @param tensor a tensor that lies in it, for messages
 * @param end how many bytes the file must have at least
 */
public record ExternalData(String location, String tensor, long end) {}

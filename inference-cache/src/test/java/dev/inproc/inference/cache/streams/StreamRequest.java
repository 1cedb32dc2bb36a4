package dev.inproc.inference.cache.streams;

/**
 * A request of a generated stream.
 *
 * @param text the request; equal texts are equal requests
 * @param answer what the model answers
 * @param vector the embedding, of length 1
 */
public record StreamRequest(String text, String answer, float[] vector) {}

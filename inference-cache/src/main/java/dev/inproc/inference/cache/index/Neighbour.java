package dev.inproc.inference.cache.index;

/**
 * An entry near a query.
 *
 * @param entry what was inserted with the vector
 * @param cosine the cosine of the vector and the query, from their FP32 values, in [-1, 1]
 * @param <E> an entry
 */
public record Neighbour<E>(E entry, float cosine) {}

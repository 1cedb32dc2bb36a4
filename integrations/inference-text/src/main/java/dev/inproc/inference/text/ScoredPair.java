package dev.inproc.inference.text;

/**
 * A pair's score.
 *
 * @param score how well the texts fit together, as the model was trained
 * @param tokens how many tokens the model read, special tokens included
 */
public record ScoredPair(float score, int tokens) {}

package dev.inproc.inference.bulk;

import java.time.Duration;

/**
 * How far a bulk run has come.
 *
 * @param answered the rows whose answer the sink has had
 * @param bad the rows that could not be answered
 * @param elapsed the time since the run began
 * @param chunkSize the rows of the next chunk
 */
public record BulkProgress(long answered, long bad, Duration elapsed, int chunkSize) {}

package dev.inproc.inference.deploy;

import java.util.concurrent.CompletionStage;

/**
 * What came of {@link Deployment#rollBack}.
 *
 * @param isDone whether anything changed; false if there was nothing to go back to
 * @param durable completes when the decision is on disk: at once without a repository and a label;
 *     fails if it could not be written, while the version in memory stays switched
 */
public record Rollback(boolean isDone, CompletionStage<Void> durable) {}

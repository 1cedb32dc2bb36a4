package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.files.FileOperations;
import java.util.function.UnaryOperator;

/**
 * What a deployment of a repository is told of rollouts.
 *
 * @param completion adds what a file cannot keep to the plan of another process
 * @param operations how files are written
 */
record RolloutSettings<I, O>(
    UnaryOperator<RolloutPlan<I, O>> completion, FileOperations operations) {}

package dev.inproc.inference.model;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A line of a model's history.
 *
 * @param time when the label was moved, by the clock of the process that moved it
 * @param actor who moved it
 * @param reason why
 * @param label the label's name
 * @param from the version that it named before, or null
 * @param to the version that it names since, or null if it was removed
 */
public record LabelChange(
    Instant time,
    String actor,
    String reason,
    String label,
    @Nullable Long from,
    @Nullable Long to) {
  /** Checks that nothing else is null. */
  public LabelChange {
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(actor, "actor");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(label, "label");
  }
}

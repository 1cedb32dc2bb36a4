package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import java.util.concurrent.CompletableFuture;

/** Moves the label of a deployment to the version that serves, so never before it answers. */
final class LabelWriter implements Decisions {
  private final ModelRepository repository;
  private final String model;
  private final String label;
  private final SerialTasks tasks;
  private final Wanted wanted;

  /** The version that the repository asked for last. Touched by the serial tasks alone. */
  static final class Wanted {
    ModelVersion version;

    /** The number of the command that it became. */
    long command;

    Wanted(ModelVersion version) {
      this.version = version;
    }
  }

  LabelWriter(
      ModelRepository repository, String model, String label, SerialTasks tasks, Wanted wanted) {
    this.repository = repository;
    this.model = model;
    this.label = label;
    this.tasks = tasks;
    this.wanted = wanted;
  }

  @Override
  public CompletableFuture<Void> record(ModelVersion serving, String reason, long command) {
    CompletableFuture<Void> durable = new CompletableFuture<>();
    tasks.add(
        () -> {
          try {
            write(serving, reason, command);
            durable.complete(null);
          } catch (RuntimeException | Error e) {
            durable.completeExceptionally(e);
          }
        });
    return durable;
  }

  /**
   * The label that this moves is no wish of the repository's. If it cannot be moved, the last wish
   * stays the last: the follower must not take it up again. A wish that came after the command
   * stays.
   */
  private void write(ModelVersion serving, String reason, long command) {
    if (wanted.command > command) {
      return;
    }
    if (serving.manifest().files().isEmpty()) { // its number may be another version's there
      throw new IllegalStateException(serving + " is in no repository: no label can name it");
    }
    repository.setLabel(model, label, serving.version(), "deployment", reason);
    wanted.version = serving;
  }
}

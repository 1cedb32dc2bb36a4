package dev.inproc.inference.engine;

import dev.inproc.inference.Batch;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.internal.calls.Queued;
import dev.inproc.inference.tensor.Tensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs many checked examples: plans which of them share a run, and gives each its own answer. */
final class BatchExecution {
  private static final Tensors[] NONE = {};

  private final LoadedModel model;
  private final Runner runner;

  BatchExecution(LoadedModel model, Runner runner) {
    this.model = model;
    this.runner = runner;
  }

  /** Examples that run together, and the index of each among all. */
  private record Part(int[] indexes, Tensors[] inputs, long[][] sizes, long[] padded) {}

  private List<RunPlan.Group> plan(long[][] sizes) {
    return sizes.length == 0 ? List.of() : runner.plan(Arrays.asList(sizes));
  }

  private static Part part(RunPlan.Group group, Tensors[] inputs, long[][] sizes) {
    int[] members = group.members();
    Tensors[] examples = new Tensors[members.length];
    long[][] own = new long[members.length][];
    for (int i = 0; i < members.length; i++) {
      examples[i] = inputs[members[i]];
      own[i] = sizes[members[i]];
    }
    return new Part(members, examples, own, group.sizes());
  }

  // ---- lists ----

  /** Returns the work of a call with a list. */
  ModelTask<List<Tensors>> ofList(Tensors[] inputs, long[][] sizes) {
    return new ListTask(inputs, sizes);
  }

  /** Makes one engine run after another; other calls may run in between. */
  private final class ListTask implements ModelTask<List<Tensors>> {
    private final Tensors[] inputs;
    private final long[][] sizes;
    private Tensors[] answers = NONE; // of more than one run
    private @Nullable Iterator<RunPlan.Group> groups;

    ListTask(Tensors[] inputs, long[][] sizes) {
      this.inputs = inputs;
      this.sizes = sizes;
    }

    @Override
    public @Nullable List<Tensors> run(@Nullable Cancellation stop, @Nullable Queued queued) {
      if (groups == null) {
        if (runner.isOneRun(sizes)) {
          int index = inputs.length == 1 ? 0 : -1;
          return unmodifiable(runOfList(index, inputs, sizes, sizes[0], stop, queued));
        }
        groups = plan(sizes).iterator();
        answers = new Tensors[inputs.length];
      }
      if (groups.hasNext()) {
        Part part = part(groups.next(), inputs, sizes);
        int index = part.indexes.length == 1 ? part.indexes[0] : -1;
        Tensors[] some = runOfList(index, part.inputs, part.sizes, part.padded, stop, queued);
        for (int i = 0; i < some.length; i++) {
          answers[part.indexes[i]] = some[i];
        }
      }
      return groups.hasNext() ? null : unmodifiable(answers);
    }
  }

  private static List<Tensors> unmodifiable(Tensors[] answers) {
    return Collections.unmodifiableList(Arrays.asList(answers));
  }

  /**
   * Runs examples of a list.
   *
   * @param index the index of a lone example in the list, which a refusal names; -1 for several
   *     examples, which the runner does not refuse
   */
  private Tensors[] runOfList(
      int index,
      Tensors[] inputs,
      long[][] sizes,
      long[] padded,
      @Nullable Cancellation stop,
      @Nullable Queued queued) {
    try {
      return runner.run(inputs, sizes, padded, stop, queued);
    } catch (InvalidInputException e) {
      throw index < 0 ? e : e.atIndex(index);
    }
  }

  // ---- batches ----

  /** Runs the requests of a batch that still have a caller, and completes each of them. */
  void run(Batch<Tensors, Tensors> batch) {
    int[] live = live(batch);
    Tensors[] inputs = new Tensors[live.length];
    long[][] sizes = new long[live.length][];
    for (int i = 0; i < live.length; i++) {
      inputs[i] = batch.input(live[i]);
      sizes[i] = model.replicas.layout.sizesOf(inputs[i]);
    }
    if (runner.isOneRun(sizes)) {
      run(batch, live, new Part(live, inputs, sizes, sizes[0]));
      return;
    }
    for (RunPlan.Group group : plan(sizes)) {
      Part part = part(group, inputs, sizes);
      int[] indexes = new int[part.indexes.length];
      for (int i = 0; i < indexes.length; i++) {
        indexes[i] = live[part.indexes[i]];
      }
      run(batch, indexes, part);
    }
  }

  private static int[] live(Batch<?, ?> batch) {
    int[] live = new int[batch.size()];
    int count = 0;
    for (int i = 0; i < live.length; i++) {
      if (!batch.isGone(i)) {
        live[count++] = i;
      }
    }
    return count == live.length ? live : Arrays.copyOf(live, count);
  }

  private void run(Batch<Tensors, Tensors> batch, int[] indexes, Part part) {
    Tensors[] answers;
    try {
      answers = runWatched(batch, indexes, part);
    } catch (Throwable t) {
      for (int index : indexes) {
        batch.fail(index, t);
      }
      return;
    }
    batch.ran(indexes.length, runner.padding(part.padded, part.sizes));
    // After leave(): a callback may close this session.
    for (int i = 0; i < indexes.length; i++) {
      batch.complete(indexes[i], answers[i]);
    }
  }

  private Tensors[] runWatched(Batch<Tensors, Tensors> batch, int[] indexes, Part part) {
    model.enter();
    try {
      Queued queued = batch instanceof Queued waited ? waited : null;
      return runner.run(part.inputs, part.sizes, part.padded, batch.watch(indexes), queued);
    } finally {
      model.leave();
    }
  }
}

package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.cache.index.Query;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers a list: one batch of embeddings, a look-up for each, and one batch of the rest. Inputs
 * that are equal to others of the list are not looked up by similarity, since each hit has a coin
 * of its own and equal requests deserve equal answers. A hit counts once the whole list is
 * answered.
 */
final class SimilarList<I, O> {
  private final SimilarSteps<I, O> steps;
  private final List<I> inputs;
  private final CallOptions options;
  private final List<Item> items = new ArrayList<>();

  SimilarList(SimilarSteps<I, O> steps, List<I> inputs, CallOptions options) {
    this.steps = steps;
    this.inputs = inputs;
    this.options = options;
  }

  /** One input. */
  private final class Item {
    private final I input;
    private final Object key;
    private Lookup<I, O> found = Lookup.none();

    Item(I input, Object key) {
      this.input = input;
      this.key = key;
    }
  }

  List<O> answers() {
    List<O> answers = missing();
    List<O> all = new ArrayList<>(items.size());
    int next = 0;
    for (Item item : items) {
      SimilarEntry<I, O> hit = item.found.hit();
      all.add(hit == null ? answers.get(next++) : steps.isolated(hit));
    }
    for (Item item : items) {
      SimilarEntry<I, O> hit = item.found.hit();
      if (hit != null) {
        steps.counted(item.found, hit);
      }
    }
    return all;
  }

  private List<O> missing() {
    try {
      lookUp();
      List<I> rest = new ArrayList<>();
      for (Item item : items) {
        if (item.found.hit() == null) {
          rest.add(item.input);
        }
      }
      List<O> answers = rest.isEmpty() ? List.of() : steps.exact().predictAll(rest, options);
      learn(answers);
      return answers;
    } catch (RuntimeException | Error e) {
      for (Item item : items) {
        steps.failed(item.found, item.key, item.input, options);
      }
      throw e;
    }
  }

  private void lookUp() {
    Map<Object, Integer> times = new HashMap<>();
    for (I input : inputs) {
      Object key = Keys.kept(steps.exact().key(input, options));
      items.add(new Item(Keys.owned(input, key), key)); // it enters the index
      times.merge(key, 1, Integer::sum);
    }
    List<Item> candidates = new ArrayList<>();
    for (Item item : items) {
      if (times.getOrDefault(item.key, 1) == 1 && !steps.isExact(item.key, options)) {
        candidates.add(item);
      }
    }
    if (candidates.isEmpty()) {
      return;
    }
    List<@Nullable Query> queries =
        steps.embedAll(candidates.stream().map(item -> item.input).toList(), options);
    for (int i = 0; i < queries.size(); i++) {
      Query query = queries.get(i);
      if (query != null) {
        Item item = candidates.get(i);
        item.found = steps.find(query, item.input, options);
      }
    }
  }

  private void learn(List<O> answers) {
    int next = 0;
    for (Item item : items) {
      if (item.found.hit() == null) {
        steps.learn(item.found, item.key, item.input, options, answers.get(next++));
      }
    }
  }
}

package dev.inproc.examples;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

/**
 * Stands in for a costly model, such as a language model, that this example cannot bundle. It has
 * the cost and the answers, but understands nothing: each request makes a real run of MiniLM in
 * FP32, alone and over a longer prompt, whose result is dropped; the answer comes from a table. It
 * answers equal requests alike, as a similarity cache needs it.
 */
final class StandInModel implements Predictor<String, String> {
  private final Predictor<String, float[]> reader;
  private final String context;
  private final Map<String, String> answers;
  private final LongAdder nanos = new LongAdder();
  private final LongAdder runs = new LongAdder();

  /**
   * Makes a model.
   *
   * @param reader what a request costs
   * @param context what it reads beside the question
   * @param answers the answer to each request
   */
  StandInModel(Predictor<String, float[]> reader, String context, Map<String, String> answers) {
    this.reader = reader;
    this.context = context;
    this.answers = answers;
  }

  /** Returns how long all its blocking runs took, in seconds. */
  double seconds() {
    return nanos.sum() / 1e9;
  }

  /** Returns how many blocking runs there were. */
  long runs() {
    return runs.sum();
  }

  @Override
  public String predict(String question, CallOptions options) {
    long start = System.nanoTime();
    reader.predict(prompt(question), options);
    nanos.add(System.nanoTime() - start);
    runs.increment();
    return answer(question);
  }

  @Override
  public CompletableFuture<String> submit(String question, CallOptions options) {
    return reader.submit(prompt(question), options).thenApply(read -> answer(question));
  }

  @Override
  public List<String> predictAll(List<String> questions, CallOptions options) {
    List<String> all = new ArrayList<>(questions.size());
    for (String question : questions) {
      all.add(predict(question, options));
    }
    return all;
  }

  private String prompt(String question) {
    return question + " " + context;
  }

  private String answer(String question) {
    return Objects.requireNonNull(answers.get(question), question);
  }

  @Override
  public void close() {
    reader.close();
  }
}

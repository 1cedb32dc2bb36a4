package dev.inproc.inference.spring.boot;

import dev.inproc.inference.text.LongTexts;
import dev.inproc.inference.text.Pooling;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties of one model. What is not given has the default of the option of the same name of
 * {@code SessionOptions}, {@code Batching}, {@code Caching} and {@code TextOptions}.
 *
 * @param location where the model is: a directory or folder with {@code model.onnx} and {@code
 *     tokenizer.json}, an ONNX file, or the directory of a SavedModel; {@code classpath:} or {@code
 *     file:}, or a path
 * @param kind what the model is for; by default, what its files tell
 * @param engine the engine's name, {@code onnx} or {@code tensorflow}; by default, what the model's
 *     files tell
 * @param modelFile the ONNX file in the location's directory, such as {@code onnx/model_int8.onnx}
 * @param tokenizer where the {@code tokenizer.json} is, if the location is an ONNX file
 * @param primary whether the model's beans are chosen where several are of the type wanted
 * @param timeout the time limit of calls whose own options have none; by default no limit
 * @param warmUp the batch sizes that the model runs once before the application is ready; empty for
 *     no warm-up
 * @param text how texts become vectors
 * @param session how the engine loads and runs the model
 * @param batching how calls are gathered
 * @param cache an exact cache of answers
 * @param deployment a version of a model repository in place of a location
 */
public record ModelProperties(
    @Nullable String location,
    @Nullable ModelKind kind,
    @Nullable String engine,
    @Nullable String modelFile,
    @Nullable String tokenizer,
    @DefaultValue("false") boolean primary,
    @Nullable Duration timeout,
    @DefaultValue("1") List<Integer> warmUp,
    @DefaultValue TextProperties text,
    @DefaultValue SessionProperties session,
    @DefaultValue BatchingProperties batching,
    @DefaultValue CacheProperties cache,
    @Nullable DeploymentProperties deployment) {

  /** Copies the batch sizes. */
  public ModelProperties {
    warmUp = List.copyOf(warmUp);
  }

  /**
   * How texts become vectors.
   *
   * @param pooling how the vectors of tokens become one; by default, as the model's files tell
   * @param normalized whether vectors get length 1; by default, as the model's files tell
   * @param queryPrefix what precedes a text that is looked up; by default, as the files tell
   * @param passagePrefix what precedes a text that is found; by default, as the files tell
   * @param maxTokens the most tokens of a text that are read in one run; by default, as the files
   *     tell
   * @param longTexts what is done with longer texts
   */
  public record TextProperties(
      @Nullable Pooling pooling,
      @Nullable Boolean normalized,
      @Nullable String queryPrefix,
      @Nullable String passagePrefix,
      @Nullable Integer maxTokens,
      @Nullable LongTexts longTexts) {}

  /**
   * How the engine loads and runs the model.
   *
   * @param parallelism the engine runs at once
   * @param intraOpThreads the threads of one run; by default the processors divided by parallelism
   * @param devices the devices, such as {@code cuda:0}, {@code cpu} or {@code auto}; a question
   *     mark at the end stands for the CPU where the device is missing
   * @param maxBatchSize the most examples in one engine run
   * @param maxQueued the most calls that wait for a worker
   * @param maxRunBytes the most bytes of one run's inputs and outputs
   * @param maxIdleBytes the native bytes that are kept for the next runs
   * @param maxModelBytes the most bytes of the model's files
   * @param pad the values that pad inputs of kind {@code tensors}, by input
   * @param inputShapes the shapes of inputs of kind {@code tensors}, such as {@code [batch, 3, ?]}
   * @param outputs the outputs that are computed, of kind {@code tensors}; by default all
   */
  public record SessionProperties(
      @Nullable Integer parallelism,
      @Nullable Integer intraOpThreads,
      @DefaultValue List<String> devices,
      @Nullable Integer maxBatchSize,
      @Nullable Integer maxQueued,
      @Nullable DataSize maxRunBytes,
      @Nullable DataSize maxIdleBytes,
      @Nullable DataSize maxModelBytes,
      @DefaultValue Map<String, Double> pad,
      @DefaultValue Map<String, String> inputShapes,
      @DefaultValue List<String> outputs) {

    /** Copies the collections. */
    public SessionProperties {
      devices = List.copyOf(devices);
      pad = Map.copyOf(pad);
      inputShapes = Map.copyOf(inputShapes);
      outputs = List.copyOf(outputs);
    }
  }

  /**
   * How calls are gathered.
   *
   * @param enabled whether calls run together
   * @param maxBatchSize the most requests in a batch
   * @param maxDelay how long a free engine waits for more requests
   * @param maxQueued the most requests that may wait
   * @param maxQueuedBytes the most bytes of requests that may wait
   */
  public record BatchingProperties(
      @DefaultValue("true") boolean enabled,
      @DefaultValue("32") int maxBatchSize,
      @Nullable Duration maxDelay,
      @Nullable Integer maxQueued,
      @Nullable DataSize maxQueuedBytes) {}

  /**
   * An exact cache of answers. It needs {@code inference-cache} on the class path.
   *
   * @param enabled whether answers are kept
   * @param maxEntries the most answers that are kept
   * @param timeToLive the time after which an answer is dropped
   * @param refreshAfter the time after which a hit has the answer computed anew
   * @param failuresFor how long failures are kept
   */
  public record CacheProperties(
      @DefaultValue("false") boolean enabled,
      @DefaultValue("10000") long maxEntries,
      @Nullable Duration timeToLive,
      @Nullable Duration refreshAfter,
      @Nullable Duration failuresFor) {}

  /**
   * A version of a model repository in place of a location.
   *
   * @param repository the repository's directory
   * @param model the model's name in the repository; by default the name of the bean
   * @param label the label whose version is served; by default the newest version
   * @param follow whether another version is served once the label moves or a newer one is there
   * @param keepWarm how long the version before stays in memory
   */
  public record DeploymentProperties(
      String repository,
      @Nullable String model,
      @Nullable String label,
      @DefaultValue("true") boolean follow,
      @Nullable Duration keepWarm) {}
}

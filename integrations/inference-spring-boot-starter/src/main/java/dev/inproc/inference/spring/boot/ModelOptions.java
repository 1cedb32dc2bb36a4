package dev.inproc.inference.spring.boot;

import dev.inproc.inference.Decorator;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.monitoring.Metering;
import dev.inproc.inference.spring.boot.ModelProperties.BatchingProperties;
import dev.inproc.inference.spring.boot.ModelProperties.SessionProperties;
import dev.inproc.inference.text.TextOptions;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** The library's options as a model's properties have them. */
final class ModelOptions {
  private ModelOptions() {}

  static SessionOptions session(ModelProperties model) {
    SessionProperties from = model.session();
    SessionOptions.Builder to = SessionOptions.builder();
    set(from.parallelism(), to::parallelism);
    set(from.intraOpThreads(), to::intraOpThreads);
    set(from.maxBatchSize(), to::maxBatchSize);
    set(from.maxQueued(), to::maxQueued);
    set(bytes(from.maxRunBytes()), to::maxRunBytes);
    set(bytes(from.maxIdleBytes()), to::maxIdleBytes);
    set(bytes(from.maxModelBytes()), to::maxModelBytes);
    if (!from.devices().isEmpty()) {
      to.devices(from.devices().stream().map(ModelOptions::device).toArray(Device[]::new));
    }
    from.pad().forEach(to::pad);
    from.inputShapes().forEach(to::inputShape);
    return to.build();
  }

  /** Returns {@code auto}, or a kind with an index after a colon and a question mark at the end. */
  static Device device(String text) {
    boolean isPreferred = text.endsWith("?");
    String name = text.substring(0, text.length() - (isPreferred ? 1 : 0)).strip();
    if (name.toLowerCase(Locale.ROOT).equals("auto")) {
      return Device.auto();
    }
    int colon = name.indexOf(':');
    String kind = colon < 0 ? name : name.substring(0, colon);
    try {
      if (kind.isBlank()) {
        throw new NumberFormatException("a kind is missing");
      }
      int index = colon < 0 ? 0 : Integer.parseInt(name.substring(colon + 1));
      Device device = Device.of(kind, index);
      return isPreferred ? device.preferred() : device;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "expected a device such as cuda:0, cpu or auto, got \"" + text + "\"", e);
    }
  }

  /** Returns the batching; of one request where calls shall not be gathered. */
  static Batching batching(ModelProperties model) {
    BatchingProperties from = model.batching();
    Batching batching = Batching.upTo(from.enabled() ? from.maxBatchSize() : 1);
    if (from.maxDelay() != null) {
      batching = batching.withMaxDelay(from.maxDelay());
    }
    if (from.maxQueued() != null) {
      batching = batching.withMaxQueued(from.maxQueued());
    }
    if (from.maxQueuedBytes() != null) {
      batching = batching.withMaxQueuedBytes(from.maxQueuedBytes().toBytes());
    }
    Integer parallelism = model.session().parallelism();
    return parallelism == null ? batching : batching.withParallelism(parallelism);
  }

  static TextOptions.Builder text(ModelProperties model, Decorator layer) {
    ModelProperties.TextProperties from = model.text();
    SessionOptions session = session(model);
    Batching batching = batching(model);
    if (model.session().parallelism() == null && model.session().devices().isEmpty()) {
      int runs = TextOptions.defaultParallelism();
      session = session.toBuilder().parallelism(runs).build();
      batching = batching.withParallelism(runs);
    }
    TextOptions.Builder to = TextOptions.builder().session(session).batching(batching).layer(layer);
    set(from.pooling(), to::pooling);
    set(from.normalized(), to::normalized);
    set(from.queryPrefix(), to::queryPrefix);
    set(from.passagePrefix(), to::passagePrefix);
    set(from.maxTokens(), to::maxTokens);
    set(from.longTexts(), to::longTexts);
    return to;
  }

  private static <T> void set(@Nullable T value, Consumer<? super T> option) {
    if (value != null) {
      option.accept(value);
    }
  }

  private static @Nullable Long bytes(@Nullable DataSize size) {
    return size == null ? null : size.toBytes();
  }

  /** Refuses values that the options refuse: before a model is loaded, which would stay open. */
  static void check(ModelProperties model) {
    var unusedSession = session(model);
    var unusedBatching = batching(model);
    var unusedTimeout = model.timeout() == null ? null : new DefaultTimeout(model.timeout());
    var unusedCache = model.cache().enabled() ? ModelCache.of(model.cache(), float[].class) : null;
  }

  /** Returns the layers around a model that keep its types: a cache, then what all calls pass. */
  static Decorator layers(String name, ModelProperties model, Class<?> answers) {
    return new Decorator() {
      @Override
      public <I, O> Predictor<I, O> decorate(Predictor<I, O> inner) {
        return outer(name, model, cached(model, answers, inner));
      }
    };
  }

  /** Returns a predictor with the model's cache, if it has one. */
  static <I, O> Predictor<I, O> cached(
      ModelProperties model, Class<?> answers, Predictor<I, O> inner) {
    return model.cache().enabled() ? inner.with(ModelCache.of(model.cache(), answers)) : inner;
  }

  /** Returns a predictor with its time limit and its figures. */
  static <I, O> Predictor<I, O> outer(String name, ModelProperties model, Predictor<I, O> inner) {
    Predictor<I, O> all = inner;
    if (model.timeout() != null) {
      all = all.with(new DefaultTimeout(model.timeout()));
    }
    return all.with(Metering.named(name));
  }
}

package dev.inproc.inference;

import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.RefCountedResource;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A codec whose predictor closes a resource, once. Each use of the codec is counted: a caller may
 * be encoding with a native tokenizer while another thread closes the predictor.
 */
final class OwningCodec<I, O> implements Codec<I, O> {
  /** The codec that the thread is inside of: closing must not wait for that thread. */
  private static final ThreadLocal<@Nullable Object> IN_USE = new ThreadLocal<>();

  private final Codec<I, O> codec;
  private final RefCountedResource lifetime;
  private final AtomicBoolean isAdapted = new AtomicBoolean();
  private volatile Workers workers = Workers.shared(); // then those of the model

  OwningCodec(Codec<I, O> codec, AutoCloseable resource) {
    this.codec = codec;
    Objects.requireNonNull(resource, "resource");
    lifetime = new RefCountedResource(() -> close(resource), task -> workers.turn(resource, task));
  }

  private static void close(AutoCloseable resource) {
    try {
      resource.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("Cannot close " + resource, e);
    }
  }

  @Override
  public Tensors encode(I input) {
    return use(() -> codec.encode(input));
  }

  @Override
  public List<Tensors> encodeAll(List<? extends I> inputs) {
    return use(() -> codec.encodeAll(inputs));
  }

  @Override
  public O decode(Tensors outputs) {
    return use(() -> codec.decode(outputs));
  }

  private <T> T use(Supplier<T> task) {
    if (!lifetime.acquire()) {
      throw new PredictorClosedException("codec");
    }
    Object before = IN_USE.get();
    IN_USE.set(this);
    try {
      return task.get();
    } finally {
      IN_USE.set(before);
      lifetime.release();
    }
  }

  @Override
  public Predictor<I, O> adapt(Predictor<Tensors, Tensors> inner) {
    return owner(
        new CodecPredictor<>(inner, this),
        inner.find(ServingThreads.class).orElse(ServingThreads.shared()).workers());
  }

  /** Closes the predictor, then this resource, then that of the codec inside, if it has one. */
  private Predictor<I, O> owner(Predictor<I, O> predictor, Workers own) {
    if (!isAdapted.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "Expected one predictor with a codec that closes a resource, got a second: make a codec"
              + " for each, or close the resource yourself and leave closing() out");
    }
    workers = own;
    Predictor<I, O> made = new Owner<>(predictor, lifetime);
    return codec instanceof OwningCodec<I, O> inside ? inside.owner(made, own) : made;
  }

  /** Closes the predictor, then the resource. */
  private static final class Owner<I, O> extends ForwardingPredictor<I, O> {
    private final RefCountedResource resource;

    Owner(Predictor<I, O> inner, RefCountedResource resource) {
      super(inner);
      this.resource = resource;
    }

    @Override
    public void close() {
      try {
        super.close();
      } finally {
        resource.close();
      }
      if (!Workers.isWorker()
          && IN_USE.get() == null) { // else this thread may be what is waited for
        resource.awaitFreed(Durations.FOREVER);
      }
    }

    @Override
    public boolean close(Duration timeout) {
      long end = System.nanoTime() + Durations.of(timeout);
      boolean isClosed;
      try {
        isClosed = super.close(timeout);
      } finally {
        resource.close();
      }
      long left = IN_USE.get() == null ? Math.max(0, end - System.nanoTime()) : 0;
      return resource.awaitFreed(left) && isClosed;
    }

    @Override
    public String toString() {
      return inner().toString();
    }
  }
}

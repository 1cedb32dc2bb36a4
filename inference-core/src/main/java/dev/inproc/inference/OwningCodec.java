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

/**
 * A codec whose predictor closes a resource, once. Each use of the codec is counted: a caller may
 * be encoding with a native tokenizer while another thread closes the predictor.
 */
final class OwningCodec<I, O> implements Codec<I, O> {
  private final Codec<I, O> codec;
  private final RefCountedResource lifetime;
  private final AtomicBoolean isAdapted = new AtomicBoolean();
  private volatile Workers workers = Workers.shared(); // then the workers of the model

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
    try {
      return CodecThread.run(task);
    } finally {
      lifetime.release();
    }
  }

  @Override
  public Predictor<I, O> adapt(Predictor<Tensors, Tensors> inner) {
    return owner(
        new CodecPredictor<>(inner, this),
        inner.find(ServingThreads.class).orElse(ServingThreads.shared()).workers());
  }

  @Override
  public String toString() {
    return codec.toString();
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
    private final AtomicBoolean isTold = new AtomicBoolean();

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
      // A worker, or a thread inside a codec, may be what is waited for.
      if (!Workers.isWorker() && !CodecThread.isInside()) {
        awaitFreed(Durations.FOREVER);
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
      long left = CodecThread.isInside() ? 0 : Math.max(0, end - System.nanoTime());
      return awaitFreed(left) && isClosed;
    }

    /** Throws what the resource threw, to one call alone: closing is idempotent. */
    private boolean awaitFreed(long nanos) {
      try {
        return resource.awaitFreed(nanos);
      } catch (RuntimeException e) {
        if (isTold.compareAndSet(false, true)) {
          throw e;
        }
        return true;
      }
    }

    @Override
    public String toString() {
      return inner().toString();
    }
  }
}

package dev.inproc.inference.testing;

import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A binding of a {@link FaultModel}. */
final class FaultBinding implements IoBinding {
  private final FaultModel model;
  private final IoBinding wrapped;
  private final BindingSpec spec;
  private final AtomicReference<@Nullable Thread> user = new AtomicReference<>();
  private @Nullable Fault fault; // of the run so far
  private volatile @Nullable Gate slow;
  private volatile boolean terminated;
  private volatile boolean closed;

  FaultBinding(FaultModel model, IoBinding wrapped, BindingSpec spec) {
    this.model = model;
    this.wrapped = wrapped;
    this.spec = spec;
  }

  boolean isTerminated() {
    return terminated;
  }

  void waitsAt(Gate gate) {
    slow = gate;
  }

  @Override
  public ByteBuffer input(int index) {
    check("input");
    return wrapped.input(index);
  }

  @Override
  public void setStrings(int index, Object[] values) {
    check("setStrings");
    wrapped.setStrings(index, values);
  }

  @Override
  public void run() {
    check("run");
    Thread me = Thread.currentThread();
    if (!user.compareAndSet(null, me)) {
      model.breach("two threads in one binding");
    }
    try {
      Fault drawn = model.begin();
      fault = drawn;
      if (drawn != null) {
        model.suffer(drawn, this);
      }
      wrapped.run();
    } finally {
      slow = null;
      user.compareAndSet(me, null);
    }
  }

  @Override
  public Shape outputShape(int position) {
    check("reading an output");
    Shape shape = wrapped.outputShape(position);
    boolean shorter = fault == Fault.SHORT_ROWS && shape.rank() > 0;
    return shorter ? shape.dropFirst().prepend(Math.max(0, shape.dim(0) - 1)) : shape;
  }

  @Override
  public ByteBuffer output(int position) {
    check("reading an output");
    ByteBuffer bytes = wrapped.output(position);
    DataType type = type(position);
    if (fault != Fault.NAN || !type.isFloatingPoint()) {
      return bytes;
    }
    // All bits set is a NaN in every format. A copy: the memory lent is not this binding's to
    // spoil.
    byte[] ones = new byte[bytes.limit()];
    Arrays.fill(ones, (byte) -1);
    ByteBuffer spoilt = ByteBuffer.allocateDirect(ones.length).order(ByteOrder.nativeOrder());
    return spoilt.put(0, ones);
  }

  private DataType type(int position) {
    return model.signature().outputs().get(spec.outputs().get(position)).type();
  }

  @Override
  public Object[] outputStrings(int position) {
    check("reading an output");
    Object[] all = wrapped.outputStrings(position);
    return Arrays.copyOf(all, Math.toIntExact(outputShape(position).elements()));
  }

  @Override
  public void terminate() {
    check("terminate");
    terminated = true;
    wrapped.terminate();
    model.shake();
    Gate waiting = slow;
    if (waiting != null) {
      waiting.shake();
    }
  }

  @Override
  public void clear() {
    check("clear");
    terminated = false;
    fault = null;
    wrapped.clear();
  }

  @Override
  public void close() {
    if (closed) {
      model.breach("a binding was closed twice");
    }
    if (user.get() != null) {
      model.breach("a binding was closed under its run");
    }
    closed = true;
    wrapped.close();
    model.closed();
  }

  private void check(String use) {
    if (closed) {
      model.breach(use + " after the binding was closed");
      throw new IllegalStateException(use + " after close");
    }
  }
}

package dev.inproc.inference.testing;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A binding of a {@link ScriptedModel}. */
final class ScriptedBinding implements IoBinding {
  private final ScriptedModel model;
  private final BindingSpec wanted;
  private final List<TensorSpec> inputSpecs;
  private final List<TensorSpec> outputSpecs = new ArrayList<>();
  private final List<@Nullable ByteBuffer> inputs = new ArrayList<>();
  private final List<@Nullable ByteBuffer> bound = new ArrayList<>(); // outputs foretold
  private final Object[] @Nullable [] strings;
  private final AtomicReference<@Nullable Thread> user = new AtomicReference<>();
  private @Nullable Tensors answer;
  private volatile boolean terminated;
  private volatile int terminating;
  private volatile boolean closed;

  ScriptedBinding(ScriptedModel model, BindingSpec wanted) {
    this.model = model;
    this.wanted = wanted;
    inputSpecs = model.signature().inputs();
    strings = new Object[inputSpecs.size()] @Nullable [];
    for (int i = 0; i < inputSpecs.size(); i++) {
      inputs.add(memory(inputSpecs.get(i).type(), wanted.inputShapes().get(i)));
    }
    for (int i = 0; i < wanted.outputs().size(); i++) {
      TensorSpec spec = model.signature().outputs().get(wanted.outputs().get(i));
      outputSpecs.add(spec);
      Shape shape = wanted.outputShapes().get(i);
      bound.add(shape == null ? null : memory(spec.type(), shape));
    }
  }

  private @Nullable ByteBuffer memory(DataType type, Shape shape) {
    if (!type.hasFixedSize()) {
      return null;
    }
    ByteBuffer lent = wanted.memory().apply((int) shape.elements() * type.byteSize());
    if (!lent.isDirect() || lent.order() != ByteOrder.nativeOrder()) {
      model.breach("memory that is not direct or not in native order");
    }
    return lent;
  }

  @Override
  public ByteBuffer input(int index) {
    check("input");
    ByteBuffer buffer = inputs.get(index);
    if (buffer == null) {
      throw new IllegalStateException("Input " + index + " is of strings");
    }
    return buffer;
  }

  @Override
  public void setStrings(int index, Object[] values) {
    check("setStrings");
    strings[index] = values.clone();
  }

  @Override
  public void run() {
    check("run");
    Thread me = Thread.currentThread();
    if (!user.compareAndSet(null, me)) {
      model.breach("two threads in one binding");
    }
    Shape first = wanted.inputShapes().get(0);
    int rows = first.rank() == 0 ? 1 : (int) first.dim(0);
    model.begin(new ScriptedModel.Run(rows, wanted.inputShapes(), wanted.outputs()));
    try {
      stopIfTerminated();
      Tensors all = model.answer(read(), this);
      stopIfTerminated();
      check("the end of run");
      keep(all);
    } finally {
      model.end();
      user.compareAndSet(me, null);
    }
  }

  private void stopIfTerminated() {
    if (isTerminated() && !model.isDeaf()) {
      throw new EngineException("terminated", null);
    }
  }

  private Tensors read() {
    List<String> names = new ArrayList<>();
    Tensor[] tensors = new Tensor[inputSpecs.size()];
    for (int i = 0; i < tensors.length; i++) {
      TensorSpec spec = inputSpecs.get(i);
      Shape shape = wanted.inputShapes().get(i);
      names.add(spec.name());
      ByteBuffer buffer = inputs.get(i);
      Object[] texts = strings[i];
      if (buffer != null) {
        tensors[i] = Tensor.read(spec.type(), shape, buffer, 0);
      } else if (texts != null) {
        tensors[i] = Tensor.ofElements(shape, texts);
      } else {
        throw new IllegalStateException("No strings were set for " + spec);
      }
    }
    return Tensors.of(names, tensors);
  }

  /** Writes what was foretold into the memory lent for it; keeps the rest aside. */
  private void keep(Tensors all) {
    for (int i = 0; i < outputSpecs.size(); i++) {
      Tensor tensor = all.get(outputSpecs.get(i).name());
      ByteBuffer target = bound.get(i);
      if (target != null && tensor.shape().equals(wanted.outputShapes().get(i))) {
        tensor.copyBytes(0, (int) tensor.byteSize() - model.unwritten(), target, 0);
      }
    }
    answer = all;
  }

  private Tensor answer(int position) {
    check("reading an output");
    Tensors all = answer;
    if (all == null) {
      throw new IllegalStateException("Nothing was run");
    }
    return all.get(outputSpecs.get(position).name());
  }

  @Override
  public Shape outputShape(int position) {
    return answer(position).shape();
  }

  @Override
  public ByteBuffer output(int position) {
    Tensor tensor = answer(position);
    ByteBuffer target = bound.get(position);
    if (target != null && tensor.shape().equals(wanted.outputShapes().get(position))) {
      return target;
    }
    int size = (int) tensor.byteSize();
    ByteBuffer own = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    tensor.copyBytes(0, size, own, 0);
    return own;
  }

  @Override
  public Object[] outputStrings(int position) {
    Tensor tensor = answer(position);
    Object[] all = new Object[tensor.elements()];
    tensor.copyElements(0, all.length, all, 0);
    return all;
  }

  @Override
  public List<Tensor> outputTensors(int position) {
    return answer(position).toTensors();
  }

  @Override
  public void terminate() {
    synchronized (this) {
      terminating++;
    }
    try {
      model.terminating();
      check("terminate");
      terminated = true;
      model.terminated();
    } finally {
      synchronized (this) {
        terminating--;
      }
    }
  }

  boolean isTerminated() {
    return terminated;
  }

  @Override
  public void clear() {
    check("clear");
    terminated = false;
    answer = null;
  }

  @Override
  public void close() {
    if (closed) {
      model.breach("a binding was closed twice");
    }
    if (user.get() != null) {
      model.breach("a binding was closed under its run");
    }
    if (terminating > 0) {
      model.breach("a binding was closed while it was being terminated");
    }
    closed = true;
    model.closed(this);
  }

  private void check(String use) {
    if (closed) {
      model.breach(use + " after the binding was closed");
      throw new IllegalStateException(use + " after close");
    }
  }
}

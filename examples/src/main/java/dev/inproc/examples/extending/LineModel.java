package dev.inproc.examples.extending;

import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.List;
import java.util.Map;

/** y = slope · x + intercept, for any number of rows. */
final class LineModel implements NativeModel {
  private static final Signature SIGNATURE =
      new Signature(List.of(column("x")), List.of(column("y")));

  private final float slope;
  private final float intercept;

  LineModel(float slope, float intercept) {
    this.slope = slope;
    this.intercept = intercept;
  }

  private static TensorSpec column(String name) {
    return TensorSpec.of(name, DataType.FLOAT32, new long[] {TensorSpec.DYNAMIC}, "batch");
  }

  float at(float x) {
    return slope * x + intercept;
  }

  @Override
  public Signature signature() {
    return SIGNATURE;
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public Statefulness statefulness() {
    return Statefulness.NONE; // a run changes nothing, so it may be probed where it is served
  }

  @Override
  public IoBinding open(BindingSpec spec) {
    return new LineBinding(this, spec);
  }

  @Override
  public void close() {} // holds nothing native
}

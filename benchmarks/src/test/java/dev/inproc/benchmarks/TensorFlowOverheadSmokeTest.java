package dev.inproc.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Both states open, which checks all answers, and every method runs. */
class TensorFlowOverheadSmokeTest {
  private final TensorFlowOverheadBenchmark benchmark = new TensorFlowOverheadBenchmark();

  @Test
  void bare_answers() {
    TensorFlowOverheadBenchmark.Bare state = new TensorFlowOverheadBenchmark.Bare();
    state.open();
    try {
      assertEquals(1, benchmark.bareRunner(state).length);
      assertEquals(1, benchmark.bareRunnerInline(state).length);
      assertEquals(1, benchmark.bareFunction(state).length);
      assertEquals(64, benchmark.bareRunner64(state).length);
      assertEquals(64, benchmark.bareRunnerInline64(state).length);
      assertEquals(64, benchmark.bareFunction64(state).length);
    } finally {
      state.close();
    }
  }

  @Test
  void inproc_answers() {
    TensorFlowOverheadBenchmark.Inproc state = new TensorFlowOverheadBenchmark.Inproc();
    state.open();
    try {
      assertEquals(1, benchmark.predict(state).length);
      assertEquals(64, benchmark.predictAll64(state).size());
    } finally {
      state.close();
    }
  }
}

package dev.inproc.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Every state of the overhead benchmarks opens, which checks all answers, and every method runs.
 * DJL goes first: it insists on creating ONNX Runtime's environment, which a process has once.
 */
@TestMethodOrder(OrderAnnotation.class)
class EngineOverheadSmokeTest {

  @Test
  @Order(1)
  void tiny_djl_answers() throws Exception {
    EngineOverheadTinyBenchmark benchmark = new EngineOverheadTinyBenchmark();
    EngineOverheadTinyBenchmark.Djl state = new EngineOverheadTinyBenchmark.Djl();
    state.open();
    try {
      assertEquals(1, benchmark.djlPredict(state).length);
      assertEquals(64, benchmark.djlBatchPredict64(state).size());
      assertEquals(64, benchmark.djlWhole64(state).size());
    } finally {
      state.close();
    }
  }

  @Test
  @Order(2)
  void tiny_bare_answers() throws Exception {
    EngineOverheadTinyBenchmark benchmark = new EngineOverheadTinyBenchmark();
    EngineOverheadTinyBenchmark.Bare state = new EngineOverheadTinyBenchmark.Bare();
    state.open();
    try {
      assertEquals(1, benchmark.bareFresh(state).length);
      assertEquals(1, benchmark.barePinned(state).length);
      assertEquals(64, benchmark.barePinned64(state).length);
    } finally {
      state.close();
    }
  }

  @Test
  @Order(3)
  void tiny_inproc_answers() {
    EngineOverheadTinyBenchmark benchmark = new EngineOverheadTinyBenchmark();
    EngineOverheadTinyBenchmark.Inproc state = new EngineOverheadTinyBenchmark.Inproc();
    state.open();
    try {
      assertEquals(1, benchmark.predict(state).length);
      assertEquals(64, benchmark.predictAll64(state).size());
      assertEquals(64, benchmark.predictAllTensors64(state).size());
    } finally {
      state.close();
    }
  }

  @Test
  @Order(4)
  void miniLm_allWays_answer() throws Exception {
    EngineOverheadMiniLmBenchmark benchmark = new EngineOverheadMiniLmBenchmark();
    EngineOverheadMiniLmBenchmark.Bare bare = new EngineOverheadMiniLmBenchmark.Bare();
    bare.open();
    try {
      assertEquals(32, benchmark.barePinnedMiniLm32(bare).length);
    } finally {
      bare.close();
    }
    EngineOverheadMiniLmBenchmark.Inproc inproc = new EngineOverheadMiniLmBenchmark.Inproc();
    inproc.open();
    try {
      assertEquals(32, benchmark.predictAllMiniLm32(inproc).size());
    } finally {
      inproc.close();
    }
  }

  @Test
  @Order(5)
  void mixed_allWays_answerTheTextsOwnTokens() throws Exception {
    EngineOverheadMixedBenchmark benchmark = new EngineOverheadMixedBenchmark();
    List<long[]> texts = MiniLm.mixedTexts();
    int last = texts.size() - 1;
    int length = texts.get(last).length * MiniLm.WIDTH;
    EngineOverheadMixedBenchmark.Bare bare = new EngineOverheadMixedBenchmark.Bare();
    bare.open();
    try {
      assertEquals(length, benchmark.exactLengthsMixed(bare)[last].length);
      assertEquals(length, benchmark.padLongestMixed(bare)[last].length);
    } finally {
      bare.close();
    }
    EngineOverheadMixedBenchmark.Inproc inproc = new EngineOverheadMixedBenchmark.Inproc();
    inproc.learningRounds = 2;
    inproc.open();
    try {
      assertEquals(length, benchmark.predictAllMixed(inproc).get(last).only().elements());
    } finally {
      inproc.close();
    }
  }

  @Test
  @Order(9)
  void manyInputs_allWays_answerAlike() throws Exception {
    ManyInputsBenchmark benchmark = new ManyInputsBenchmark();
    ManyInputsBenchmark.Table table = new ManyInputsBenchmark.Table();
    table.open();
    try {
      assertEquals(benchmark.bareFresh(table), benchmark.predict(table), 1e-5f);
      assertEquals(benchmark.barePinned(table), benchmark.predictMap(table), 1e-5f);
    } finally {
      table.close();
    }
  }
}

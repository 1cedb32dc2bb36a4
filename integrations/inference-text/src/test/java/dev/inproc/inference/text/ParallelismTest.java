package dev.inproc.inference.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.SessionOptions;
import org.junit.jupiter.api.Test;

class ParallelismTest {
  private static final SessionOptions OF_THREE = SessionOptions.builder().parallelism(3).build();
  private static final Batching OF_FOUR = Batching.upTo(8).withParallelism(4);

  private static void expect(int session, int batching, TextOptions.Builder options) {
    TextOptions built = options.build();
    assertEquals(session, LoadedText.sessionOptions(built, 0).parallelism(), "session");
    assertEquals(batching, LoadedText.batching(built).parallelism(), "batching");
  }

  @Test
  void parallelism_notGiven_isTheDefaultOfBoth() {
    int runs = TextOptions.defaultParallelism();
    expect(runs, runs, TextOptions.builder());
  }

  @Test
  void parallelism_ofOneGiven_isThatOfTheOther() {
    expect(3, 3, TextOptions.builder().session(OF_THREE));
    expect(4, 4, TextOptions.builder().batching(OF_FOUR));
    expect(1, 1, TextOptions.builder().session(SessionOptions.DEFAULT));
  }

  @Test
  void parallelism_ofBothGiven_isLeftAsItIs() {
    expect(3, 4, TextOptions.builder().session(OF_THREE).batching(OF_FOUR));
  }
}

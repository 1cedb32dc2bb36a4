package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.concurrent.Workers;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.List;

/**
 * A session over scripted copies, on a clock that stands still. Closing it closes the session and
 * checks invariant I4: nothing native is left, no contract was breached, no timeout still waits.
 */
final class Fixture implements AutoCloseable {
  final ManualTimer timer = new ManualTimer();
  final List<ScriptedModel> copies;
  final ModelSession session;

  Fixture(SessionOptions options, ScriptedModel... copies) {
    this.copies = List.of(copies);
    session =
        (ModelSession)
            ModelSession.create("scripted", this.copies, options, timer, Workers.shared());
  }

  static Fixture of(ScriptedModel model) {
    return new Fixture(SessionOptions.DEFAULT, model);
  }

  static SessionOptions padded() {
    return SessionOptions.builder().pad("ids", 0).pad("mask", 0).build();
  }

  ScriptedModel model() {
    return copies.get(0);
  }

  @Override
  public void close() {
    // On a thread of its own, so that a close that hangs fails its test and not the whole build.
    Thread closer = new Thread(session::close, "closer");
    closer.setDaemon(true);
    closer.start();
    Await.end(closer);
    checkNothingLeft();
  }

  void checkNothingLeft() {
    for (ScriptedModel copy : copies) {
      assertEquals(List.of(), copy.violations());
      assertEquals(0, copy.openFrames(), "open frames");
      assertEquals(1, copy.closes(), "closes");
    }
    assertEquals(0, session.model().nativeBytes(), "native bytes");
    assertEquals(0, timer.pending(), "timeouts that still wait");
  }
}

package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.List;

/**
 * A session over scripted copies, on a clock that stands still. Closing it closes the session and
 * checks invariant I4: nothing native is left, no contract was breached, no timeout still waits.
 */
final class Fixture implements AutoCloseable {
  final ManualTimer timer;
  final List<ScriptedModel> copies;
  final ModelSession session;

  /** Without an integrity probe, whose runs would be among those that tests count. */
  Fixture(SessionOptions options, ScriptedModel... copies) {
    this(
        ModelSource.bytes("scripted", new byte[0]),
        unprobed(options),
        new ManualTimer(),
        List.of(copies));
  }

  private Fixture(
      ModelSource source, SessionOptions options, ManualTimer timer, List<ScriptedModel> copies) {
    this.timer = timer;
    this.copies = copies;
    session =
        new Loading(
                "scripted", source, () -> copies, false, options, ServingThreads.withTimer(timer))
            .load();
  }

  /** With an integrity probe, as the options say. */
  static Fixture probed(ModelSource source, SessionOptions options, ScriptedModel... copies) {
    return probed(source, options, new ManualTimer(), copies);
  }

  static Fixture probed(
      ModelSource source, SessionOptions options, ManualTimer timer, ScriptedModel... copies) {
    return new Fixture(source, options, timer, List.of(copies));
  }

  static SessionOptions unprobed(SessionOptions options) {
    return options.toBuilder().integrity(IntegrityOptions.skip()).build();
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

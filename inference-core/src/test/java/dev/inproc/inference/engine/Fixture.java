package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.List;

/**
 * A session over scripted models, on a clock that stands still. Closing it closes the session and
 * checks invariant I4: nothing native is left, no contract was breached, no timeout still waits.
 */
final class Fixture implements AutoCloseable {
  final ManualTimer timer;
  final List<ScriptedModel> models;
  final ModelSession session;

  /** Without an integrity probe, whose runs tests would count too. */
  Fixture(SessionOptions options, ScriptedModel... models) {
    this(
        ModelSource.bytes("scripted", new byte[0]),
        unprobed(options),
        new ManualTimer(),
        List.of(models));
  }

  private Fixture(
      ModelSource source, SessionOptions options, ManualTimer timer, List<ScriptedModel> models) {
    this.timer = timer;
    this.models = models;
    session =
        new SessionLoader(
                "scripted",
                source,
                () -> ScriptedModel.replicas(models),
                false,
                options,
                ServingThreads.withTimer(timer))
            .load();
  }

  /** With an integrity probe, as the options say. */
  static Fixture probed(ModelSource source, SessionOptions options, ScriptedModel... models) {
    return probed(source, options, new ManualTimer(), models);
  }

  static Fixture probed(
      ModelSource source, SessionOptions options, ManualTimer timer, ScriptedModel... models) {
    return new Fixture(source, options, timer, List.of(models));
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
    return models.get(0);
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
    for (ScriptedModel model : models) {
      assertEquals(List.of(), model.violations());
      assertEquals(0, model.openBindings(), "open bindings");
      assertEquals(1, model.closes(), "closes");
    }
    assertEquals(0, session.model().nativeBytes(), "native bytes");
    assertEquals(0, timer.pending(), "timeouts that still wait");
  }
}

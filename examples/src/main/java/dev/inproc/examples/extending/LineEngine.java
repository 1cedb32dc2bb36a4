package dev.inproc.examples.extending;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Replica;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Loads straight lines: a text file of two numbers, slope and intercept. */
public final class LineEngine implements Engine {
  private static final int MOST_BYTES = 1_000;

  /** Creates an engine. */
  public LineEngine() {}

  @Override
  public String name() {
    return "line";
  }

  @Override
  public Session load(ModelSource source, SessionOptions options) {
    String name = name() + ":" + source.name();
    float[] line = read(name, source);
    return Session.load(name, source, own -> List.of(onCpu(line)), options);
  }

  private static Replica onCpu(float[] line) {
    return new Replica(new LineModel(line[0], line[1]), Device.cpu());
  }

  private static float[] read(String name, ModelSource source) {
    String text;
    try (InputStream in = source.open()) {
      text = new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new ModelLoadException(name, "the file cannot be read", e);
    }
    String[] numbers = text.split("\\s+", -1);
    try {
      return new float[] {Float.parseFloat(numbers[0]), Float.parseFloat(numbers[1])};
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new ModelLoadException(name, "expected two numbers, got \"" + text + "\"", e);
    }
  }
}

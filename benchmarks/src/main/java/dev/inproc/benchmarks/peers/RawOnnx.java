package dev.inproc.benchmarks.peers;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.benchmarks.Setting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * ONNX Runtime's own binding as an expert uses it: every thread keeps its input tensors and pinned
 * outputs for each shape, and writes and reads them in place; an answer is a fresh array. Callers
 * share one session with all threads, or spread over several sessions of one thread each.
 */
public final class RawOnnx implements Contender {
  private final List<OrtSession> sessions = new ArrayList<>();
  private final String output;
  private final List<Row> rows;
  private final Queue<RawFrame> opened = new ConcurrentLinkedQueue<>();
  private final AtomicInteger threads = new AtomicInteger();
  private final ThreadLocal<Frames> frames = ThreadLocal.withInitial(this::newFrames);

  private record Frames(OrtSession session, Map<Long, RawFrame> byShape) {}

  /** Opens one session, or so many of one thread each. */
  public RawOnnx(Workload workload, int count) {
    output = workload.output();
    rows = workload.examples().stream().map(Row::of).toList();
    byte[] model = workload.model();
    try (OrtSession.SessionOptions options = Setting.bareOptions()) {
      if (count > 1) {
        options.setIntraOpNumThreads(1);
      }
      for (int i = 0; i < count; i++) {
        sessions.add(Setting.environment().createSession(model, options));
      }
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private Frames newFrames() {
    OrtSession session = sessions.get(threads.getAndIncrement() % sessions.size());
    return new Frames(session, new HashMap<>());
  }

  @Override
  public float[] answer(int index) throws OrtException {
    return answer(rows.get(index % rows.size()));
  }

  /** Answers one example. */
  float[] answer(Row row) throws OrtException {
    return answers(List.of(row));
  }

  /** Answers so many examples, from an index on, in one run; their answers in one array. */
  public float[] answers(int from, int count) throws OrtException {
    return answers(rows.subList(from, from + count));
  }

  private float[] answers(List<Row> batch) throws OrtException {
    Frames mine = frames.get();
    Row first = batch.get(0);
    long key = ((long) batch.size() << 32) | first.elements();
    RawFrame frame = mine.byShape.get(key);
    if (frame == null) {
      frame = new RawFrame(mine.session, first, batch.size(), output);
      opened.add(frame);
      mine.byShape.put(key, frame);
    }
    return frame.run(batch);
  }

  @Override
  public void close() {
    opened.forEach(RawFrame::close);
    try {
      for (OrtSession session : sessions) {
        session.close();
      }
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.inproc.benchmarks;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.OnnxOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** The sessions of {@link ThreadSettings}, and callers in a closed loop on them. */
final class ThreadLoads implements AutoCloseable {
  private static final int[] CALLERS = {1, 2, 4, 8};
  private static final int[] ROWS = {1, 16};
  private static final int[] INTRA_OP_THREADS = {1, 2};
  private static final int TOKENS = 16;

  private final Map<Setup, Session> sessions = new LinkedHashMap<>();
  private final Map<String, Tensors> examples = new LinkedHashMap<>();

  /** How a model is loaded. */
  private record Setup(String model, int intraOpThreads, boolean spinning) {}

  /** One point of the grid. */
  record Cell(String model, int intraOpThreads, boolean spinning, int callers, int rows) {}

  /** What was measured, and how many processors others kept busy meanwhile. */
  record Outcome(double runsPerSecond, double p50Micros, double p99Micros, double others) {}

  ThreadLoads() {
    add("mlp", Models.mlp(1024, 2048, 2048, 512), Tensors.of("x", Tensor.of(new float[1024])));
    add("minilm", MiniLm.model(), MiniLm.encode(MiniLm.texts(1, TOKENS).get(0)));
  }

  private void add(String name, byte[] model, Tensors example) {
    examples.put(name, example);
    for (int threads : INTRA_OP_THREADS) {
      for (boolean spinning : new boolean[] {true, false}) {
        OnnxOptions onnx = OnnxOptions.builder().spinning(spinning).build();
        SessionOptions options =
            SessionOptions.builder().intraOpThreads(threads).warmUp(example, ROWS).build();
        Session session = new OnnxEngine(onnx).load(ModelSource.bytes(name, model), options);
        sessions.put(new Setup(name, threads, spinning), session);
      }
    }
  }

  List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    for (Setup setup : sessions.keySet()) {
      for (int rows : ROWS) {
        for (int callers : CALLERS) {
          cells.add(new Cell(setup.model, setup.intraOpThreads, setup.spinning, callers, rows));
        }
      }
    }
    return cells;
  }

  /** Runs a cell: a tenth of the time again to get going, then so many milliseconds. */
  Outcome run(Cell cell, int millis) {
    Session session = sessions.get(new Setup(cell.model, cell.intraOpThreads, cell.spinning));
    Tensors example = examples.get(cell.model);
    if (session == null || example == null) {
      throw new IllegalArgumentException("No such cell: " + cell);
    }
    List<Tensors> batch = Collections.nCopies(cell.rows, example);
    OtherLoad others = new OtherLoad();
    long begin = System.nanoTime() + millis * 100_000L;
    long end = begin + millis * 1_000_000L;
    List<Caller> callers = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(cell.callers);
    for (int i = 0; i < cell.callers; i++) {
      Caller caller = new Caller(session, batch, begin, end, done);
      callers.add(caller);
      new Thread(caller, "caller-" + i).start();
    }
    try {
      done.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("Interrupted in " + cell, e);
    }
    return outcome(callers, others.processors());
  }

  private static Outcome outcome(List<Caller> callers, double others) {
    long[] all =
        callers.stream().flatMapToLong(c -> Arrays.stream(c.nanos, 0, c.runs)).sorted().toArray();
    double rate = callers.stream().mapToDouble(Caller::runsPerSecond).sum();
    double p50 = all[all.length / 2] / 1e3;
    double p99 = all[Math.min(all.length - 1, (int) (all.length * 0.99))] / 1e3;
    return new Outcome(rate, p50, p99, others);
  }

  @Override
  public void close() {
    sessions.values().forEach(Session::close);
  }

  /** Calls again and again; counts the runs that begin within the time, and one at least. */
  private static final class Caller implements Runnable {
    private final Session session;
    private final List<Tensors> batch;
    private final long begin;
    private final long end;
    private final CountDownLatch done;
    private long[] nanos = new long[1024];
    private int runs;
    private long first;
    private long last;

    Caller(Session session, List<Tensors> batch, long begin, long end, CountDownLatch done) {
      this.session = session;
      this.batch = batch;
      this.begin = begin;
      this.end = end;
      this.done = done;
    }

    @Override
    public void run() {
      try {
        long before = System.nanoTime();
        while (before - end < 0 || runs == 0) {
          if (session.predictAll(batch).size() != batch.size()) {
            throw new IllegalStateException("Answers are missing");
          }
          long after = System.nanoTime();
          if (before - begin >= 0) {
            note(before, after);
          }
          before = after;
        }
      } finally {
        done.countDown();
      }
    }

    private void note(long before, long after) {
      if (runs == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * runs);
      }
      if (runs == 0) {
        first = before;
      }
      nanos[runs++] = after - before;
      last = after;
    }

    double runsPerSecond() {
      return runs / ((last - first) / 1e9);
    }
  }
}

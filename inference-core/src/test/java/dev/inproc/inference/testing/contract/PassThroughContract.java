package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * An output that is itself an input answers this call's input: no other caller's, and nothing that
 * an earlier run left in memory. By every way to ask, since each has bindings of its own.
 */
interface PassThroughContract extends Contract {
  private static Tensors call(long id, int length) {
    float[] x = new float[length];
    float[] mask = new float[length];
    for (int i = 0; i < length; i++) {
      x[i] = id + i / 16f;
      mask[i] = -1 - id - i / 16f;
    }
    return Tensors.of(
        List.of("x", "mask", "id", "name"),
        Tensor.of(x),
        Tensor.of(mask),
        Tensor.of(Shape.scalar(), id),
        Tensor.of(Shape.scalar(), "caller " + id));
  }

  private static void check(Tensors call, Tensors answer) {
    float[] y = call.get("x").toFloats();
    for (int i = 0; i < y.length; i++) {
      y[i] = -y[i];
    }
    assertEquals(Tensor.of(y), answer.get("y"));
    for (String input : List.of("mask", "id", "name")) {
      assertEquals(call.get(input), answer.get(input), input);
    }
  }

  private static Tensors raw(List<Tensors> calls) {
    int length = calls.get(0).get("x").elements();
    float[] x = new float[calls.size() * length];
    float[] mask = new float[x.length];
    long[] ids = new long[calls.size()];
    String[] names = new String[calls.size()];
    for (int row = 0; row < calls.size(); row++) {
      System.arraycopy(calls.get(row).get("x").toFloats(), 0, x, row * length, length);
      System.arraycopy(calls.get(row).get("mask").toFloats(), 0, mask, row * length, length);
      ids[row] = calls.get(row).get("id").getLong(0);
      names[row] = calls.get(row).get("name").getString(0);
    }
    Shape shape = Shape.of(calls.size(), length);
    return Tensors.of(
        List.of("x", "mask", "id", "name"),
        Tensor.of(shape, x),
        Tensor.of(shape, mask),
        Tensor.of(ids),
        Tensor.of(Shape.of(calls.size()), names));
  }

  @Test
  default void passThrough_everyWayToAsk_answersThisCallsInput() {
    CallOptions timed = CallOptions.timeout(Duration.ofMinutes(1));
    try (Session session = load(models().passThrough());
        Session id = session.outputs("id");
        Session name = session.outputs("name", "mask")) {
      for (int round = 0; round < 40; round++) {
        List<Tensors> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          calls.add(call(7 + 3L * round + i, 1 + round % 2));
        }
        Tensors first = calls.get(0);
        check(first, session.predict(first));
        check(first, session.predict(calls.get(0), timed));
        check(calls.get(1), Await.value(session.submit(calls.get(1))));
        List<Tensors> answers = session.predictAll(calls);
        for (int i = 0; i < calls.size(); i++) {
          check(calls.get(i), answers.get(i));
        }
        assertEquals(first.get("id"), id.predict(first).only());
        assertEquals(calls.get(2).get("id"), id.predictAll(calls).get(2).only());
        Tensors some = name.predict(calls.get(2));
        assertEquals(List.of("name", "mask"), some.names());
        assertEquals(calls.get(2).get("name"), some.get("name"));
        assertEquals(calls.get(2).get("mask"), some.get("mask"));
        Tensors raw = raw(calls);
        Tensors whole = session.runRaw(raw);
        for (String input : List.of("mask", "id", "name")) {
          assertEquals(raw.get(input), whole.get(input));
        }
        assertEquals(raw.get("id"), id.runRaw(raw).only());
      }
    }
  }

  @Test
  default void passThrough_batched_answersEachCallersInput() {
    Session session = load(models().passThrough());
    try (Predictor<Tensors, Tensors> batched = session.with(Batching.upTo(8))) {
      for (int round = 0; round < 20; round++) {
        List<Tensors> calls = new ArrayList<>();
        List<CompletableFuture<Tensors>> answers = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
          calls.add(call(100L * round + i, 3));
          answers.add(batched.submit(calls.get(i)));
        }
        for (int i = 0; i < calls.size(); i++) {
          check(calls.get(i), Await.value(answers.get(i)));
        }
        check(calls.get(round), batched.predict(calls.get(round)));
      }
    }
  }

  @Test
  default void passThrough_paddedTogether_answersEachItsOwnLength() {
    SessionOptions.Builder padding = SessionOptions.builder().pad("x", 5).pad("mask", 6);
    try (Session session = load(models().passThrough(), padding)) {
      List<Tensors> calls = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        calls.add(call(i, 10 + i % 3));
      }
      for (int round = 0; round < 3; round++) {
        List<Tensors> answers = session.predictAll(calls);
        for (int i = 0; i < calls.size(); i++) {
          check(calls.get(i), answers.get(i));
        }
      }
    }
  }
}

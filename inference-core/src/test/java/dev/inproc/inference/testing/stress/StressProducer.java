package dev.inproc.inference.testing.stress;

import dev.inproc.inference.testing.stress.StressCaller.Sent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A thread that calls: by {@code submit} with a window of calls in flight, by {@code predict}, by
 * {@code predictAll}, or by each in turn. It takes one submitted call in ten back, its own or
 * another's.
 */
final class StressProducer<O> implements Runnable {
  private static final List<Manner> PURE = List.of(Manner.PREDICT, Manner.LIST, Manner.SUBMIT);

  /** A callback calls, whose callback calls, and once more: round a ring of three models. */
  private static final int DEPTH = 3;

  /** How a producer calls. */
  enum Manner {
    SUBMIT,
    PREDICT,
    LIST,
    MIXED
  }

  private final StressRound<O> round;
  private final Manner manner;
  private final SplittableRandom random;
  private final int window;
  private final Deque<Sent<O>> sent = new ArrayDeque<>();
  private final List<Ticket> tickets = new ArrayList<>();
  private final StressCaller<O> caller;
  private long nextId;

  StressProducer(
      StressRound<O> round,
      StressedModel<O> model,
      Manner manner,
      int number,
      SplittableRandom random) {
    this.round = round;
    this.manner = manner;
    this.random = random;
    window = round.window(random);
    nextId = (long) number << 40;
    caller = new StressCaller<>(round, model, random, () -> nextId++, tickets);
  }

  /** The lines that it wrote; to be read when its thread has ended. */
  List<Ticket> tickets() {
    return tickets;
  }

  /** The call that it is blocked on, if it is, and how it calls. */
  String waitsFor() {
    return caller.waitsFor() + " by " + manner;
  }

  @Override
  public void run() {
    try {
      while (!caller.isClosed() && round.next()) {
        call();
      }
      while (!sent.isEmpty()) {
        caller.settle(sent.removeFirst());
      }
    } catch (Throwable t) {
      round.violation(manner + " producer: " + t, t);
    }
  }

  private void call() {
    Manner now = manner == Manner.MIXED ? PURE.get(random.nextInt(PURE.size())) : manner;
    switch (now) {
      case PREDICT -> caller.predict();
      case LIST -> round.more(caller.list() - 1);
      default -> submit();
    }
    if (random.nextInt(1_000) == 0) {
      round.heckle(random);
    }
  }

  private void submit() {
    sent.add(caller.submit(DEPTH));
    int draw = random.nextInt(100);
    if (draw < 10) {
      Sent<O> victim = draw < 5 ? sent.getLast() : sent.getFirst();
      victim.ticket().withdraw();
      if (draw == 9) {
        round.exchange(victim.ticket(), victim.future(), random); // another does so too
      }
      if (draw == 8) {
        victim.future().complete(round.foreign());
      } else {
        victim.future().cancel(draw == 0);
      }
    }
    if (sent.size() >= window) {
      caller.settle(sent.removeFirst());
    }
  }
}

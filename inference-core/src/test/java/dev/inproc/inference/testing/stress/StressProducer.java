package dev.inproc.inference.testing.stress;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.stress.Ticket.Outcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A thread that calls: by {@code submit} with a window of calls in flight, by {@code predict}, by
 * {@code predictAll}, or by each in turn. It takes one call in ten back, its own or another's, and
 * writes down what became of each.
 */
final class StressProducer<O> implements Runnable {
  private static final List<Manner> PURE = List.of(Manner.PREDICT, Manner.LIST, Manner.SUBMIT);
  private static final List<CallOptions.Priority> PRIORITIES =
      List.of(CallOptions.Priority.values());

  private static final int LONGEST_LIST = 40;
  private static final CallOptions HOUR = CallOptions.timeout(Duration.ofHours(1));

  /** How a producer calls. */
  enum Manner {
    SUBMIT,
    PREDICT,
    LIST,
    MIXED
  }

  private record Sent<O>(Ticket ticket, CompletableFuture<O> future) {}

  private final StressRound<O> round;
  private final Manner manner;
  private final SplittableRandom random;
  private final int window;
  private final Deque<Sent<O>> sent = new ArrayDeque<>();
  private final List<Ticket> tickets = new ArrayList<>();
  private long nextId;
  private boolean closed;
  private volatile @Nullable Ticket blockedOn; // if it hangs, this is forgotten

  StressProducer(StressRound<O> round, Manner manner, int number, SplittableRandom random) {
    this.round = round;
    this.manner = manner;
    this.random = random;
    window = round.window(random);
    nextId = (long) number << 40;
  }

  /** The lines that it wrote; to be read when its thread has ended. */
  List<Ticket> tickets() {
    return tickets;
  }

  /** The call that it is blocked on, if it is, and how it calls. */
  String waitsFor() {
    return blockedOn + " by " + manner;
  }

  @Override
  public void run() {
    try {
      while (!closed && round.next()) {
        call();
      }
      while (!sent.isEmpty()) {
        settle(sent.removeFirst());
      }
    } catch (Throwable t) {
      round.violation(manner + " producer: " + t, t);
    }
  }

  private void call() {
    Manner now = manner == Manner.MIXED ? PURE.get(random.nextInt(PURE.size())) : manner;
    switch (now) {
      case PREDICT -> predict();
      case LIST -> list();
      default -> submit();
    }
    if (random.nextInt(1_000) == 0) {
      round.heckle(random);
    }
  }

  private Ticket ticket(boolean mayBeInvalid) {
    boolean invalid = mayBeInvalid && random.nextInt(1_000) == 0;
    Ticket ticket = new Ticket(invalid ? -1 : nextId++);
    ticket.poison = random.nextInt(100) == 0;
    tickets.add(ticket);
    return ticket;
  }

  private CallOptions options(Ticket ticket) {
    CallOptions options = CallOptions.DEFAULT;
    if (round.allTimed() || random.nextInt(10) < 3) {
      int micros = random.nextInt(20) == 0 ? 0 : 20 << random.nextInt(12); // up to 41 ms
      options =
          random.nextInt(64) == 0 && !round.allTimed()
              ? HOUR // one that is not forgotten would be found
              : CallOptions.timeout(Duration.ofNanos(1_000L * micros + random.nextInt(1_000)));
      ticket.timed = options != HOUR;
    }
    if (random.nextInt(4) == 0) {
      options = options.withPriority(PRIORITIES.get(random.nextInt(3)));
    }
    if (random.nextInt(8) == 0) {
      ticket.patient = true;
      options = options.withOverload(CallOptions.Overload.WAIT);
    }
    if (random.nextInt(32) == 0) {
      ticket.onExecutor = true;
      options = options.withExecutor(round.executor());
    }
    return options;
  }

  // ---- submit ----

  private void submit() {
    Ticket ticket = ticket(true);
    CallOptions options = options(ticket);
    if (ticket.patient) { // as a layer does for a caller that it blocks
      options = options.blocking();
      ticket.onExecutor = false;
    }
    CompletableFuture<O> future = round.predictor().submit(ticket, options);
    if (random.nextInt(8) == 0) {
      ticket.callbackAsked = true;
      var unused = future.whenComplete((value, failure) -> ticket.calledBack());
    }
    sent.add(new Sent<>(ticket, future));
    int draw = random.nextInt(100);
    if (draw < 10) {
      Sent<O> victim = draw < 5 ? sent.getLast() : sent.getFirst();
      victim.ticket.withdraw();
      if (draw == 9) {
        round.exchange(victim.ticket, victim.future, random); // another does so too
      }
      if (draw == 8) {
        victim.future.complete(round.foreign());
      } else {
        victim.future.cancel(draw == 0);
      }
    }
    if (sent.size() >= window) {
      settle(sent.removeFirst());
    }
  }

  private void settle(Sent<O> each) {
    Ticket ticket = each.ticket;
    blockedOn = ticket;
    try {
      O answer = each.future.get(round.patienceMillis(), TimeUnit.MILLISECONDS);
      if (answer == round.foreign()) {
        end(ticket, Outcome.FOREIGN, ticket.isWithdrawn());
      } else {
        answered(ticket, answer);
      }
    } catch (ExecutionException e) {
      failed(ticket, e.getCause());
    } catch (CancellationException e) {
      failed(ticket, e);
    } catch (TimeoutException e) {
      round.violation("I1: " + ticket + " was never completed", e);
    } catch (InterruptedException e) {
      sent.addFirst(each); // a heckler's
    }
  }

  // ---- blocking ----

  private void predict() {
    Ticket ticket = ticket(true);
    CallOptions options = options(ticket);
    ticket.onExecutor = false; // a blocked caller needs none
    blockedOn = ticket;
    try {
      answered(ticket, round.predictor().predict(ticket, options));
    } catch (RuntimeException e) {
      failed(ticket, e);
    } finally {
      var unused = Thread.interrupted();
    }
  }

  private void list() {
    List<Ticket> all = new ArrayList<>();
    CallOptions options = options(ticket(all));
    boolean isLong = random.nextInt(64) == 0; // longer than some queues
    for (int more = random.nextInt(isLong ? 10 * LONGEST_LIST : LONGEST_LIST); more > 0; more--) {
      Ticket ticket = ticket(all);
      ticket.timed = all.get(0).timed;
      ticket.poison &= !isLong; // else none would be answered
    }
    round.more(all.size() - 1);
    blockedOn = all.get(0);
    try {
      List<O> answers = round.predictor().predictAll(all, options);
      for (int i = 0; i < all.size(); i++) {
        answered(all.get(i), answers.get(i));
      }
    } catch (RuntimeException e) {
      closed |= e instanceof PredictorClosedException;
      legal(all.get(0), e, all.stream().anyMatch(Ticket::isPoison));
      all.forEach(ticket -> end(ticket, Outcome.LOST_IN_LIST, true));
    } finally {
      var unused = Thread.interrupted();
    }
  }

  private Ticket ticket(List<Ticket> all) {
    Ticket ticket = ticket(false);
    all.add(ticket);
    return ticket;
  }

  // ---- outcomes ----

  private void answered(Ticket ticket, O answer) {
    if (!round.isAnswer(ticket.id(), answer)) {
      round.violation("I2: " + ticket + " was answered " + answer, null);
    }
    end(ticket, Outcome.ANSWERED, !ticket.isPoison());
  }

  private void failed(Ticket ticket, Throwable failure) {
    end(ticket, legal(ticket, failure, ticket.isPoison()), true);
  }

  /** What a failure stands for; notes one that cannot be. */
  private Outcome legal(Ticket ticket, Throwable failure, boolean poison) {
    if (failure instanceof CancellationException) {
      return expect(ticket.isWithdrawn(), ticket, failure, Outcome.CANCELLED);
    }
    if (failure instanceof EngineException || failure instanceof IllegalStateException) {
      round.engineFailed(failure, poison);
      return Outcome.FAILED;
    }
    if (failure instanceof DeadlineExceededException) {
      return expect(ticket.timed, ticket, failure, Outcome.EXPIRED);
    }
    if (failure instanceof OverloadedException) {
      boolean isOfARun = failure.getCause() != null; // too many runs failed
      return expect(!ticket.patient || isOfARun, ticket, failure, Outcome.OVERLOADED);
    }
    if (failure instanceof PredictorClosedException) {
      closed = true;
      return expect(round.isClosing(), ticket, failure, Outcome.CLOSED);
    }
    if (failure instanceof InvalidInputException) {
      return expect(ticket.id() < 0, ticket, failure, Outcome.INVALID);
    }
    if (failure instanceof InferenceInterruptedException) {
      return expect(round.hasHeckled(), ticket, failure, Outcome.CANCELLED);
    }
    return expect(false, ticket, failure, Outcome.FAILED);
  }

  private Outcome expect(boolean legal, Ticket ticket, Throwable failure, Outcome outcome) {
    if (!legal) {
      round.violation(ticket + " must not end with " + failure, failure);
    }
    return outcome;
  }

  private void end(Ticket ticket, Outcome outcome, boolean legal) {
    ticket.end(outcome);
    if (!legal) {
      round.violation(ticket + " must not end so", null);
    }
  }
}

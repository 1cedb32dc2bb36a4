package dev.inproc.inference.testing.stress;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.stress.Ticket.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls one model in each way, and writes down for each call what became of it. A producer owns
 * one, and so does each callback that calls. For one thread.
 */
final class StressCaller<O> {
  private static final List<CallOptions.Priority> PRIORITIES =
      List.of(CallOptions.Priority.values());
  private static final int LONGEST_LIST = 40;
  private static final CallOptions HOUR = CallOptions.timeout(Duration.ofHours(1));

  /**
   * A call on its way.
   *
   * @param after done when the callbacks of the call and all calls that they made have ended
   */
  record Sent<O>(
      Ticket ticket, CompletableFuture<O> future, @Nullable CompletableFuture<?> after) {}

  private final StressRound<O> round;
  private final StressedModel<O> model;
  private final SplittableRandom random;
  private final LongSupplier ids;
  private final Collection<Ticket> tickets;
  private boolean closed;
  private volatile @Nullable Ticket blockedOn; // if it hangs, this is forgotten

  StressCaller(
      StressRound<O> round,
      StressedModel<O> model,
      SplittableRandom random,
      LongSupplier ids,
      Collection<Ticket> tickets) {
    this.round = round;
    this.model = model;
    this.random = random;
    this.ids = ids;
    this.tickets = tickets;
  }

  /** Whether its model has refused it as closed. */
  boolean isClosed() {
    return closed;
  }

  /** The call that it is blocked on. */
  String waitsFor() {
    return blockedOn + " of " + model;
  }

  private Ticket ticket(boolean mayBeInvalid) {
    boolean invalid = mayBeInvalid && random.nextInt(1_000) == 0;
    Ticket ticket = new Ticket(invalid ? -1 : ids.getAsLong(), model.number());
    ticket.poison = random.nextInt(100) == 0;
    tickets.add(ticket);
    return ticket;
  }

  private CallOptions options(Ticket ticket) {
    CallOptions options = CallOptions.DEFAULT;
    if (round.allTimed() || random.nextInt(10) < 3) {
      int micros = random.nextInt(20) == 0 ? 0 : 20 << random.nextInt(12); // up to 41 ms
      boolean isLong = random.nextInt(64) == 0 && !round.allTimed();
      options =
          isLong
              ? HOUR // one that is not forgotten would be found
              : CallOptions.timeout(Duration.ofNanos(1_000L * micros + random.nextInt(1_000)));
      ticket.timed = !isLong;
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

  /**
   * Submits a call.
   *
   * @param depth how many calls may follow each other from its callback
   */
  Sent<O> submit(int depth) {
    Ticket ticket = ticket(true);
    CallOptions options = options(ticket);
    if (ticket.patient) { // as a layer does for a caller that it blocks
      options = BlockedCaller.options(options);
      ticket.onExecutor = false;
    }
    CompletableFuture<O> future = model.predictor().submit(ticket, options);
    if (random.nextInt(8) == 0) {
      ticket.callbackAsked = true;
      var unused =
          future.whenComplete(
              (value, failure) -> {
                checkThread();
                ticket.calledBack();
              });
    }
    CompletableFuture<?> after = null;
    if (depth > 0 && random.nextInt(round.callsPerNestedCall()) == 0) {
      after = callFromCallback(future, depth - 1);
    }
    return new Sent<>(ticket, future, after);
  }

  /** Makes a call of the next model from a callback; the next model may be this model. */
  private CompletableFuture<?> callFromCallback(CompletableFuture<O> future, int depth) {
    SplittableRandom own = random.split();
    StressedModel<O> next = round.after(model);
    if (random.nextInt(4) == 0) { // without blocking
      return future
          .handle((value, failure) -> round.nested(next, own))
          .thenCompose(
              caller -> {
                checkThread();
                Sent<O> sent = caller.submit(depth);
                CompletableFuture<?> ended = sent.future.handle((value, failure) -> true);
                // Not in a callback of the call itself: that would wait for its other callbacks.
                CompletableFuture<?> all =
                    sent.after == null ? ended : CompletableFuture.allOf(ended, sent.after);
                return all.thenRun(() -> caller.settle(sent));
              });
    }
    return future.handle(
        (value, failure) -> {
          checkThread();
          round.nested(next, own).callBlocking(depth);
          return true;
        });
  }

  private void callBlocking(int depth) {
    switch (random.nextInt(4)) {
      case 0 -> predict();
      case 1 -> list();
      case 2 -> {
        Sent<O> sent = submit(depth);
        if (random.nextInt(10) == 0) {
          sent.ticket.withdraw();
          sent.future.cancel(false);
        }
        joinUnbounded(sent.future);
        settle(sent);
      }
      default -> {
        Sent<O> one = submit(depth);
        Sent<O> two = submit(0);
        joinUnbounded(CompletableFuture.allOf(one.future, two.future));
        settle(one);
        settle(two);
      }
    }
  }

  /** Without a limit, as an application does; the caller outside has one and sees a hang. */
  private static void joinUnbounded(CompletableFuture<?> future) {
    try {
      future.join();
    } catch (CompletionException | CancellationException e) {
      // settle looks at it
    }
  }

  private void checkThread() {
    if (StressEngine.isRunningHere()) {
      round.violation("a callback runs on a thread that runs the engine", null);
    }
    if (Thread.currentThread().getName().startsWith("inproc-timer")) {
      round.violation("a callback runs on the timer's thread", null);
    }
  }

  /** Waits for a call and for what its callbacks do, and writes down what became of it. */
  void settle(Sent<O> each) {
    Ticket ticket = each.ticket;
    blockedOn = ticket;
    boolean interrupted = false;
    while (true) {
      try {
        settle(ticket, each.future);
        break;
      } catch (InterruptedException e) {
        interrupted = true; // a heckler's
      }
    }
    while (each.after != null) {
      try {
        each.after.get(round.patienceMillis(), TimeUnit.MILLISECONDS);
        break;
      } catch (ExecutionException | CancellationException e) {
        round.violation(ticket + ": its callback failed", e);
        break;
      } catch (TimeoutException e) {
        round.hangs("I1: a callback of " + ticket + " hangs", e);
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    blockedOn = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void settle(Ticket ticket, CompletableFuture<O> future) throws InterruptedException {
    try {
      O answer = future.get(round.patienceMillis(), TimeUnit.MILLISECONDS);
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
      round.hangs("I1: " + ticket + " was never completed", e);
    }
  }

  // ---- blocking ----

  void predict() {
    Ticket ticket = ticket(true);
    CallOptions options = options(ticket);
    ticket.onExecutor = false; // a blocked caller needs none
    blockedOn = ticket;
    try {
      answered(ticket, model.predictor().predict(ticket, options));
    } catch (RuntimeException e) {
      failed(ticket, e);
    } finally {
      var unused = Thread.interrupted();
      blockedOn = null;
    }
  }

  /** Sends a list; returns how many calls it holds. */
  int list() {
    List<Ticket> all = new ArrayList<>();
    CallOptions options = options(ticket(all));
    boolean isLong = random.nextInt(64) == 0; // longer than some queues
    for (int more = random.nextInt(isLong ? 10 * LONGEST_LIST : LONGEST_LIST); more > 0; more--) {
      Ticket ticket = ticket(all);
      ticket.timed = all.get(0).timed;
      ticket.poison &= !isLong; // else none would be answered
    }
    blockedOn = all.get(0);
    try {
      List<O> answers = model.predictor().predictAll(all, options);
      for (int i = 0; i < all.size(); i++) {
        answered(all.get(i), answers.get(i));
      }
    } catch (RuntimeException e) {
      closed |= e instanceof PredictorClosedException;
      legal(all.get(0), e, all.stream().anyMatch(Ticket::isPoison));
      all.forEach(ticket -> end(ticket, Outcome.LOST_IN_LIST, true));
    } finally {
      var unused = Thread.interrupted();
      blockedOn = null;
    }
    return all.size();
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
      if ("poisoned".equals(failure.getMessage()) && !poison) {
        round.violation("I2: failed with a poisoned stranger", failure);
      }
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
      return expect(model.isClosing(), ticket, failure, Outcome.CLOSED);
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

package dev.inproc.inference.batch;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.internal.calls.CallBatch;
import dev.inproc.inference.internal.calls.Queued;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one run. It passes answers on and wakes the blocked callers: in a large batch by
 * a chain (see {@link Request}) if other requests wait, so that the next run begins at once. If
 * none waits, the next run is of these callers, and the runner has nothing else to do: it wakes
 * each of them itself, and the first are back before the last is awake. A failure of the engine
 * that names no request is kept back: {@link Isolation} runs parts again to find the request at
 * fault.
 *
 * <p>The chain and its count belong to the thread that runs the batch. A model may complete calls
 * from other threads too: each of these wakes its caller and counts by itself.
 */
final class RequestBatch<I, O> implements Batch<I, O>, Queued {
  /** From this size a chain costs less than waking one caller after the other. */
  private static final int CHAINED = 8;

  /** In place of a backlog: the runner has answered no request yet. */
  static final int UNKNOWN_BACKLOG = -1;

  private final List<Request<I, O>> requests;
  private final List<I> inputs; // a request drops its input when it is answered
  private final StatsCounter figures;
  private final Thread runner = Thread.currentThread();
  private final IntSupplier waiting;
  private int backlog = UNKNOWN_BACKLOG; // the runner's
  private boolean chained; // the runner's
  private @Nullable Request<I, O> lastAnswered; // the runner's
  private int answered; // by the runner
  private volatile int answeredBeside; // by other threads; written under the lock
  private boolean ended; // under the lock

  /** Requests by the failure that they share and that names none; withdrawn ones included. */
  private Map<Throwable, List<Request<I, O>>> suspects = Map.of(); // written under the lock

  /**
   * To be created by the thread that runs the batch.
   *
   * @param waiting the number of other requests that wait, now
   */
  RequestBatch(List<Request<I, O>> requests, StatsCounter figures, IntSupplier waiting) {
    this.requests = requests;
    inputs = new ArrayList<>(requests.size());
    for (Request<I, O> request : requests) {
      inputs.add(request.input());
    }
    this.figures = figures;
    this.waiting = waiting;
  }

  @Override
  public int size() {
    return requests.size();
  }

  /** When the first of the requests with a time stamp came. */
  @Override
  public long arrivalNanos() {
    long first = UNKNOWN;
    for (Request<I, O> request : requests) {
      long arrival = request.arrivalNanos();
      boolean isEarlier = first == UNKNOWN || arrival - first < 0;
      first = arrival != Request.UNSTAMPED && isEarlier ? arrival : first;
    }
    return first;
  }

  @Override
  public I input(int index) {
    return inputs.get(index);
  }

  @Override
  public boolean isGone(int index) {
    return requests.get(index).isGone();
  }

  @Override
  public Cancellation watch(int[] indexes) {
    if (Thread.currentThread() == runner) {
      wake(); // a run begins: the callers answered so far need not wait for it
    }
    return CallBatch.watch(requests, indexes);
  }

  @Override
  public void ran(int rows, double padding) {
    figures.ran(rows, padding);
  }

  @Override
  public boolean complete(int index, O output) {
    Request<I, O> request = requests.get(index);
    // A request that runs no user code is answered here and now, and that decides. Any other is
    // claimed first.
    boolean direct = request.beginHere();
    if (direct ? request.isDone() : !request.settle()) {
      request.endHere();
      return false;
    }
    if (Thread.currentThread() != runner) {
      return completeBeside(request, output, direct);
    }
    request.releaseInput(); // here, since completing writes to the same memory
    if (backlog == UNKNOWN_BACKLOG) {
      backlog = waiting.getAsInt();
      chained = backlog > 0 && requests.size() >= CHAINED;
    }
    boolean inChain = chained && request.isChainable();
    if (inChain) {
      request.link(lastAnswered); // before it completes: its caller may be gone a moment later
    }
    boolean delivered = direct ? request.answerHere(output) : request.answerApart(output);
    if (delivered || !direct) {
      answered++;
    }
    if (!delivered) {
      return false; // withdrawn in this very moment
    }
    if (inChain) {
      lastAnswered = request;
    } else {
      request.wake();
    }
    return true;
  }

  /** Counts the answer at once: the runner may have ended the run, against the contract. */
  private boolean completeBeside(Request<I, O> request, O output, boolean direct) {
    boolean delivered = direct ? request.answerHere(output) : request.answerApart(output);
    if (delivered || !direct) {
      synchronized (this) {
        answeredBeside++;
      }
      figures.answered(1);
    }
    request.wake();
    return delivered;
  }

  @Override
  public boolean fail(int index, Throwable failure) {
    Request<I, O> request = requests.get(index);
    boolean nobodyNamed =
        requests.size() > 1 && failure instanceof EngineException engine && !engine.isSystemic();
    if (nobodyNamed && suspect(request, failure)) {
      return !request.isSettled();
    }
    return request.fail(requests.size() > 1 ? own(request, failure) : failure, figures);
  }

  /** A failure that several requests share, for one of them. A blocked caller makes its copy. */
  private Throwable own(Request<I, O> request, Throwable failure) {
    return request.isBlocking() ? failure : BlockedCaller.failure(failure);
  }

  /**
   * Keeps a failure that names no request. Withdrawn requests are kept too: if one of them caused
   * the failure, a request that is left alone must not be taken for its cause.
   */
  private synchronized boolean suspect(Request<I, O> request, Throwable failure) {
    if (ended) {
      return false; // too late to be run again
    }
    if (suspects.isEmpty()) {
      suspects = new HashMap<>(); // exceptions are equal only if they are the same
    }
    suspects.computeIfAbsent(failure, each -> new ArrayList<>()).add(request);
    return true;
  }

  /**
   * Ends the run: wakes callers, and fails the requests that the model forgot.
   *
   * @param thrown what the predictor threw, against its contract
   */
  void end(@Nullable Throwable thrown) {
    wake();
    figures.answered(answered);
    if (answered == requests.size()) {
      return;
    }
    Set<Request<I, O>> looked = new HashSet<>();
    synchronized (this) {
      ended = true;
      suspects.values().forEach(looked::addAll);
    }
    for (Request<I, O> request : requests) {
      if (!looked.contains(request)) {
        request.fail(thrown != null ? own(request, thrown) : forgotten(), figures);
      }
    }
  }

  /** Drops the inputs that are left, once no run reads them. */
  void releaseInputs() {
    if (answered < requests.size()) {
      requests.forEach(Request::releaseInput);
    }
  }

  /** The requests that waited when the runner gave the first answer; the runner asks. */
  int backlog() {
    return backlog;
  }

  int answered() {
    return answered + answeredBeside;
  }

  /** The requests that must be run again, by the failure that they share. */
  Map<Throwable, List<Request<I, O>>> suspects() {
    return suspects;
  }

  List<Request<I, O>> requests() {
    return requests;
  }

  private EngineException forgotten() {
    return EngineException.systemic(
        "The model answered " + answered() + " of " + requests.size() + " requests of a batch",
        null);
  }

  private void wake() {
    Request<I, O> first = lastAnswered;
    lastAnswered = null;
    if (first != null) {
      first.wake();
    }
  }
}

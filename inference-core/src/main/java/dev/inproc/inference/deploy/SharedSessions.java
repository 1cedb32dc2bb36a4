package dev.inproc.inference.deploy;

import dev.inproc.inference.BatchPredictor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * The sessions that a lane's factory loaded through its context, in their order: a control lane of
 * the same version borrows them. Thread-safe.
 */
final class SharedSessions {
  private final List<BatchPredictor<?, ?>> sessions = new ArrayList<>(); // guarded by this

  /** Loads a session, which the lane owns. */
  <I, O> BatchPredictor<I, O> load(Callable<? extends BatchPredictor<I, O>> loader)
      throws Exception {
    BatchPredictor<I, O> session = loader.call();
    if (session == null) {
      throw new NullPointerException("the loader of a session returned null");
    }
    synchronized (this) {
      sessions.add(session);
    }
    return session;
  }

  /** Returns the sessions of a factory that threw, which no lane owns; to be closed. */
  synchronized List<BatchPredictor<?, ?>> takeAll() {
    List<BatchPredictor<?, ?>> all = new ArrayList<>(sessions);
    sessions.clear();
    return all;
  }

  /**
   * Returns a view of the session that was loaded so many sessions after the first.
   *
   * @throws IllegalStateException if the factory asks for more than it did for the lane that serves
   */
  @SuppressWarnings("unchecked") // the same factory asked in the same order
  synchronized <I, O> BatchPredictor<I, O> borrow(int index) {
    if (index >= sessions.size()) {
      throw new IllegalStateException(
          "Expected a factory that loads as many sessions for a control lane as for the version's"
              + " own lane, "
              + sessions.size());
    }
    return (BatchPredictor<I, O>) sessions.get(index).borrowed();
  }
}

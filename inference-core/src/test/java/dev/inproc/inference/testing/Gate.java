package dev.inproc.inference.testing;

import dev.inproc.inference.EngineException;
import java.util.function.BooleanSupplier;

/** Where runs of a {@link ScriptedModel} wait until a test lets them on. Thread-safe. */
public final class Gate {
  private boolean open;
  private int inside;
  private int entered;

  Gate() {}

  /** Waits until the gate is open; throws if the run is stopped meanwhile. */
  synchronized void pass(BooleanSupplier stopped) {
    entered++;
    inside++;
    notifyAll();
    try {
      while (!open) {
        if (stopped.getAsBoolean()) {
          throw new EngineException("terminated", null);
        }
        wait();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("Nobody interrupts an engine", e);
    } finally {
      inside--;
      notifyAll();
    }
  }

  /** Makes those who wait look again whether they were stopped. */
  synchronized void shake() {
    notifyAll();
  }

  /** Lets on those who wait and all who come. */
  public synchronized void open() {
    open = true;
    notifyAll();
  }

  /** Waits until so many runs have come here, ever. */
  public void awaitEntered(int runs) {
    Await.until("runs at the gate", () -> entered() >= runs);
  }

  /** Waits until no run is held here. */
  public void awaitEmpty() {
    Await.until("the gate to be empty", () -> inside() == 0);
  }

  /** Returns how many runs have come here, ever. */
  public synchronized int entered() {
    return entered;
  }

  /** Returns how many runs are held here. */
  public synchronized int inside() {
    return inside;
  }
}

package dev.inproc.inference.events;

/**
 * Hears what happens to models. The library calls a listener on a thread that turns no model, one
 * event after the other. A listener may block or throw: it holds up no call, no model and no other
 * listener. While it blocks, up to {@value EventBus#CAPACITY} events wait for it; later ones are
 * dropped, and counted.
 */
@FunctionalInterface
public interface ServingListener {
  /** Hears an event. */
  void onEvent(ServingEvent event);
}

package dev.inproc.inference.events;

import java.time.Duration;
import java.util.Objects;

/**
 * Something that happened to a model, or to a layer around it: seldom, and worth a line in a log.
 * Immutable. Single calls make no events; figures count them. More kinds may come, so a {@code
 * switch} over them has a default.
 */
public sealed interface ServingEvent {
  /** Returns the name of the model or layer. */
  String source();

  /**
   * A model was loaded, checked and warmed up, and takes calls.
   *
   * @param source the model's name
   * @param device where it runs
   * @param took how long loading took
   */
  record ModelLoaded(String source, String device, Duration took) implements ServingEvent {
    /** Checks that nothing is null. */
    public ModelLoaded {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(device, "device");
      Objects.requireNonNull(took, "took");
    }
  }

  /**
   * A model was closed, and its memory is freed.
   *
   * @param source the model's name
   */
  record ModelFreed(String source) implements ServingEvent {
    /** Checks that nothing is null. */
    public ModelFreed {
      Objects.requireNonNull(source, "source");
    }
  }

  /**
   * The integrity probe has ended, at load or in the background.
   *
   * @param source the model's name
   * @param finding what it found, in a sentence
   * @param isClean whether examples may be run together and padded
   */
  record IntegrityProbed(String source, String finding, boolean isClean) implements ServingEvent {
    /** Checks that nothing is null. */
    public IntegrityProbed {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(finding, "finding");
    }
  }

  /**
   * A batcher has begun to refuse calls since its queue is full. The next event of its kind comes
   * after ten seconds without a refusal.
   *
   * @param source the batcher
   * @param waiting how many calls waited
   */
  record Overloaded(String source, int waiting) implements ServingEvent {
    /** Checks that nothing is null. */
    public Overloaded {
      Objects.requireNonNull(source, "source");
    }
  }

  /**
   * A cache has switched itself off, or on again, since it did not pay.
   *
   * @param source the cache
   * @param isOn whether it is on from now on
   */
  record CacheSwitched(String source, boolean isOn) implements ServingEvent {
    /** Checks that nothing is null. */
    public CacheSwitched {
      Objects.requireNonNull(source, "source");
    }
  }
}

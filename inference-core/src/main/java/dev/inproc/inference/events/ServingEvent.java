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

  /**
   * A deployment answers with another version from now on.
   *
   * @param source the deployment's name
   * @param from the version that served before
   * @param to the version that serves
   * @param took how long loading, warming up and checking took; zero if the version was still warm
   */
  record VersionSwitched(String source, String from, String to, Duration took)
      implements ServingEvent {
    /** Checks that nothing is null. */
    public VersionSwitched {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(to, "to");
      Objects.requireNonNull(took, "took");
    }
  }

  /**
   * A deployment does not serve a version, since it could not be loaded, warmed up or accepted.
   * What served before goes on.
   *
   * @param source the deployment's name
   * @param version the version
   * @param reason what failed, in a sentence
   */
  record VersionRefused(String source, String version, String reason) implements ServingEvent {
    /** Checks that nothing is null. */
    public VersionRefused {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(version, "version");
      Objects.requireNonNull(reason, "reason");
    }
  }

  /**
   * A version that a deployment no longer serves has answered its last call and is closed.
   *
   * @param source the deployment's name
   * @param version the version
   */
  record VersionRetired(String source, String version) implements ServingEvent {
    /** Checks that nothing is null. */
    public VersionRetired {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(version, "version");
    }
  }

  /**
   * A deployment was told to go back.
   *
   * @param source the deployment's name
   * @param from the version that is given up: it served, or was being loaded
   * @param to the version that serves
   * @param reason why, in the words of the caller
   */
  record VersionRolledBack(String source, String from, String to, String reason)
      implements ServingEvent {
    /** Checks that nothing is null. */
    public VersionRolledBack {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(to, "to");
      Objects.requireNonNull(reason, "reason");
    }
  }

  /**
   * A deployment runs a version on copies of its calls from now on.
   *
   * @param source the deployment's name
   * @param version the version that runs beside
   * @param share the share of calls that are copied
   */
  record ShadowStarted(String source, String version, double share) implements ServingEvent {
    /** Checks that nothing is null. */
    public ShadowStarted {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(version, "version");
    }
  }

  /**
   * A deployment no longer runs a version on copies of its calls.
   *
   * @param source the deployment's name
   * @param version the version that ran beside
   * @param compared how many pairs of answers were compared
   * @param failed how many copied calls failed
   * @param dropped how many calls of the sample were not run
   */
  record ShadowStopped(String source, String version, long compared, long failed, long dropped)
      implements ServingEvent {
    /** Checks that nothing is null. */
    public ShadowStopped {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(version, "version");
    }
  }

  /**
   * The canary of a rollout takes another share of the calls; its first share too.
   *
   * @param source the deployment's name
   * @param version the canary
   * @param step the step, from 1
   * @param share the canary's share of the keys
   */
  record RolloutStepped(String source, String version, int step, double share)
      implements ServingEvent {
    /** Checks that nothing is null. */
    public RolloutStepped {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(version, "version");
    }
  }

  /**
   * The canary of a rollout has more than its share of incidents.
   *
   * @param source the deployment's name
   * @param version the canary
   * @param trigger what was watched, such as {@code ERRORS}
   * @param detail the counts, the evidence and the bound, in a sentence
   * @param action what the rollout does, such as {@code ROLL_BACK}
   */
  record RolloutAlarmed(String source, String version, String trigger, String detail, String action)
      implements ServingEvent {
    /** Checks that nothing is null. */
    public RolloutAlarmed {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(version, "version");
      Objects.requireNonNull(trigger, "trigger");
      Objects.requireNonNull(detail, "detail");
      Objects.requireNonNull(action, "action");
    }
  }

  /**
   * The steps of a rollout stand still; the canary keeps its share.
   *
   * @param source the deployment's name
   * @param version the canary
   * @param reason why
   */
  record RolloutPaused(String source, String version, String reason) implements ServingEvent {
    /** Checks that nothing is null. */
    public RolloutPaused {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(version, "version");
      Objects.requireNonNull(reason, "reason");
    }
  }

  /**
   * The steps of a rollout go on.
   *
   * @param source the deployment's name
   * @param version the canary
   */
  record RolloutResumed(String source, String version) implements ServingEvent {
    /** Checks that nothing is null. */
    public RolloutResumed {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(version, "version");
    }
  }

  /**
   * A rollout is over.
   *
   * @param source the deployment's name
   * @param version the canary
   * @param isPromoted whether it serves all calls now; else the stable version does
   * @param reason why
   */
  record RolloutEnded(String source, String version, boolean isPromoted, String reason)
      implements ServingEvent {
    /** Checks that nothing is null. */
    public RolloutEnded {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(version, "version");
      Objects.requireNonNull(reason, "reason");
    }
  }

  /**
   * An experiment divides the calls among its arms, or does so anew with other weights.
   *
   * @param source the deployment's name
   * @param phase the number of the phase that begins, from 1
   * @param arms the arms with their versions and shares, in words
   */
  record ExperimentStarted(String source, int phase, String arms) implements ServingEvent {
    /** Checks that nothing is null. */
    public ExperimentStarted {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(arms, "arms");
    }
  }

  /**
   * An experiment has ended: all calls go to the serving version.
   *
   * @param source the deployment's name
   * @param phase the number of its last phase
   * @param reason why
   */
  record ExperimentEnded(String source, int phase, String reason) implements ServingEvent {
    /** Checks that nothing is null. */
    public ExperimentEnded {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(reason, "reason");
    }
  }

  /**
   * The arms of an experiment do not have the keys, or the reports, that their weights promise. Its
   * results are refused.
   *
   * @param source the deployment's name
   * @param finding the numbers, in words
   */
  record SampleRatioMismatch(String source, String finding) implements ServingEvent {
    /** Checks that nothing is null. */
    public SampleRatioMismatch {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(finding, "finding");
    }
  }
}

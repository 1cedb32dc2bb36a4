package dev.inproc.inference.deploy;

import dev.inproc.inference.InferenceException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.model.ModelVersion;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Makes the lane of a version: has it created, warmed up and checked, or refuses it. */
final class LaneLoader<I, O> {
  static final System.Logger LOG = System.getLogger(LaneLoader.class.getName());

  private final String name;
  private final LaneFactory<I, O> factory;
  private final DeploymentSettings<I, O> settings;
  private final ShadowSlot<I, O> shadow = new ShadowSlot<>();

  LaneLoader(String name, LaneFactory<I, O> factory, DeploymentSettings<I, O> settings) {
    this.name = name;
    this.factory = factory;
    this.settings = settings;
  }

  String name() {
    return name;
  }

  /** Returns where the lanes that this loads find the deployment's shadow. */
  ShadowSlot<I, O> shadow() {
    return shadow;
  }

  /** Returns a loader of a shadow's lane, whose calls are not copied, with one more check. */
  LaneLoader<I, O> ofShadow(BiConsumer<I, O> check) {
    return new LaneLoader<>(
        name,
        factory,
        settings.withCheck(
            (version, input, answer) -> {
              settings.check().check(version, input, answer);
              check.accept(input, answer);
            }));
  }

  /**
   * Loads a version on the calling thread. The caller looks last whether it was given up.
   *
   * @param lent the sessions that the lane borrows; null if it loads its own
   * @param isInUse whether a predictor is that of another version
   * @throws ModelLoadException if the version must not serve; nothing of it is left
   * @throws InterruptedException if the candidate was given up; nothing of it is left
   */
  Lane<I, O> load(
      Candidate candidate, @Nullable SharedSessions lent, Predicate<Predictor<I, O>> isInUse)
      throws InterruptedException {
    Thread thread = Thread.currentThread();
    ClassLoader own = thread.getContextClassLoader();
    thread.setContextClassLoader(candidate.contextClassLoader);
    String version = candidate.version.toString();
    Predictor<I, O> made = null;
    LaneContext context = new LaneContext(name, version, lent);
    boolean hasThrown = false;
    String step = "its files are not as published";
    try {
      checkGoesOn(candidate.begin());
      candidate.version.verify();
      checkGoesOn(!candidate.isGivenUp());
      step = "its lane could not be made";
      hasThrown = true;
      made = factory.create(candidate.version, context);
      hasThrown = false;
      if (made == null) {
        throw new NullPointerException("the factory returned null");
      }
      if (isInUse.test(made) || shadow.isInUse(made)) {
        made = null; // it serves
        throw new IllegalStateException("the factory returned the predictor of another version");
      }
      checkGoesOn(!candidate.isGivenUp());
      step = "it failed in the warm-up";
      LaneWarmUp<I> warmUp =
          new LaneWarmUp<>(
              settings.warmUpInputs(),
              settings.sizes(candidate.version),
              ServingThreads.of(made::find).timer());
      List<O> answers = warmUp.run(made, candidate);
      step = "it was not accepted";
      for (int i = 0; i < answers.size(); i++) {
        settings.check().check(candidate.version, settings.warmUpInputs().get(i), answers.get(i));
      }
      return new Lane<>(candidate.version, made, context.own(), shadow);
    } catch (Throwable t) {
      candidate.end(); // closing what was made is not to be interrupted
      discard(made);
      if (hasThrown) {
        context.own().takeAll().forEach(LaneLoader::discard);
      }
      if (candidate.isGivenUp() || t instanceof InterruptedException) {
        throw new InterruptedException("given up");
      }
      throw new ModelLoadException(version, step + ": " + words(t), t);
    } finally {
      candidate.end();
      thread.setContextClassLoader(own);
    }
  }

  private static void checkGoesOn(boolean goesOn) throws InterruptedException {
    if (!goesOn) {
      throw new InterruptedException("given up");
    }
  }

  /** Returns what a failure says. An exception of the application may fail at saying it. */
  private static String words(Throwable t) {
    try {
      String message = t.getMessage();
      return t instanceof InferenceException && message != null ? message : t.toString();
    } catch (RuntimeException | Error e) {
      return t.getClass().getName();
    }
  }

  /** Returns the refusal of a version whose load failed in a way that nothing provides for. */
  static ModelLoadException unexpected(ModelVersion version, Throwable failure) {
    return new ModelLoadException(
        version.toString(), "an unexpected failure: " + words(failure), failure);
  }

  /** Closes a predictor that answers nobody. */
  static void discard(@Nullable Predictor<?, ?> predictor) {
    if (predictor == null) {
      return;
    }
    try {
      predictor.close();
    } catch (RuntimeException | Error e) {
      warn("Cannot close", predictor, e);
    }
  }

  /** Logs what the application's code threw, even if neither it nor its object has words. */
  static void warn(String what, Object object, Throwable failure) {
    try {
      LOG.log(Level.WARNING, what + " " + object, failure);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.WARNING, what + " a lane: " + words(failure));
    }
  }
}

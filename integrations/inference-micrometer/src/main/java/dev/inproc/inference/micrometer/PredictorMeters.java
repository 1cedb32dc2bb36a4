package dev.inproc.inference.micrometer;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.monitoring.Health;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The figures of a composed predictor as meters: all that {@link Predictor#describe} tells, and its
 * {@link Health}. Nothing of it is on a call's way: a meter that is read looks at a description
 * that is at most a second old. Thread-safe.
 *
 * <pre>{@code
 * PredictorMeters meters = PredictorMeters.of("faq", embedder);
 * meters.bindTo(registry);
 * ...
 * meters.close(); // or close the predictor
 * }</pre>
 *
 * <p>Each meter has the tags {@code predictor} and {@code layer}. No request, key, tenant or
 * version makes a tag, so the number of meters is fixed when they are bound. The meters leave the
 * registry when this is closed, or when one of them is read after a layer of the predictor was
 * closed; they hold nothing of the predictor after that.
 */
public final class PredictorMeters implements MeterBinder, AutoCloseable {
  private static final double[] QUANTILES = {0.5, 0.95, 0.99, 0.999};

  private final String name;
  private final Descriptions descriptions;
  private final List<Runnable> removals = new ArrayList<>(); // guarded by this
  private boolean isClosed; // guarded by this

  private PredictorMeters(String name, Predictor<?, ?> predictor) {
    this.name = name;
    descriptions = new Descriptions(predictor, this::close);
  }

  /**
   * Returns the meters of a predictor, to be bound.
   *
   * @param name the value of the tag {@code predictor}
   */
  public static PredictorMeters of(String name, Predictor<?, ?> predictor) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(predictor, "predictor");
    return new PredictorMeters(name, predictor);
  }

  @Override
  public synchronized void bindTo(MeterRegistry registry) {
    if (isClosed) {
      throw new IllegalStateException("The meters of predictor \"" + name + "\" are closed");
    }
    for (Descriptions.Located located : descriptions.figures()) {
      bind(registry, located);
    }
    for (Health.Status status : Health.Status.values()) {
      add(
          registry,
          Gauge.builder("inproc.health", this, meters -> meters.descriptions.is(status) ? 1 : 0)
              .tags(tags().and("status", status.name().toLowerCase(Locale.ROOT)))
              .description("1 for the status that the predictor has, 0 for the others")
              .strongReference(true)
              .register(registry));
    }
  }

  private Tags tags() {
    return Tags.of("predictor", name);
  }

  private void bind(MeterRegistry registry, Descriptions.Located located) {
    Figure figure = located.figure();
    Tags tags = tags().and("layer", located.layer());
    tags =
        tags.and(
            figure.tags().entrySet().stream().map(e -> Tag.of(e.getKey(), e.getValue())).toList());
    String meter = "inproc." + figure.name();
    if (figure instanceof Figure.Counter) {
      counter(registry, meter, tags, unit(figure), meters -> meters.value(located));
    } else if (figure instanceof Figure.Gauge) {
      gauge(registry, meter, tags, unit(figure), meters -> meters.value(located));
    } else if (figure instanceof Figure.Spread spread) {
      bind(registry, located, spread, meter, tags);
    }
  }

  private void bind(
      MeterRegistry registry,
      Descriptions.Located located,
      Figure.Spread spread,
      String meter,
      Tags tags) {
    boolean isTime = spread.unit().equals("second");
    if (spread.isCumulative() && isTime) {
      add(
          registry,
          FunctionTimer.builder(
                  meter,
                  this,
                  meters -> meters.spread(located).values().count(),
                  meters -> meters.spread(located).values().sum(),
                  TimeUnit.NANOSECONDS)
              .tags(tags)
              .register(registry));
    } else if (spread.isCumulative()) {
      counter(registry, meter + ".count", tags, null, m -> m.spread(located).values().count());
      counter(
          registry,
          meter + ".sum",
          tags,
          unit(spread),
          m -> m.spread(located).values().sum() * m.spread(located).scale());
    }
    for (double quantile : QUANTILES) {
      gauge(
          registry,
          meter + ".quantile",
          tags.and("quantile", Double.toString(quantile)),
          unit(spread),
          m -> m.spread(located).values().quantile(quantile) * m.spread(located).scale());
    }
    gauge(
        registry,
        meter + ".max",
        tags,
        unit(spread),
        m -> m.spread(located).values().max() * m.spread(located).scale());
  }

  /** Prometheus makes units a part of the name; what is merely counted has none. */
  private static @Nullable String unit(Figure figure) {
    return switch (figure.unit()) {
      case "second" -> "seconds";
      case "byte" -> "bytes";
      default -> null;
    };
  }

  private void counter(
      MeterRegistry registry,
      String meter,
      Tags tags,
      @Nullable String unit,
      ToDoubleFunction<PredictorMeters> value) {
    add(
        registry,
        FunctionCounter.builder(meter, this, value).tags(tags).baseUnit(unit).register(registry));
  }

  private void gauge(
      MeterRegistry registry,
      String meter,
      Tags tags,
      @Nullable String unit,
      ToDoubleFunction<PredictorMeters> value) {
    add(
        registry,
        Gauge.builder(meter, this, value)
            .tags(tags)
            .baseUnit(unit)
            .strongReference(true) // else the registry may be the only one that knows this
            .register(registry));
  }

  private void add(MeterRegistry registry, Meter meter) {
    removals.add(() -> registry.remove(meter));
  }

  private double value(Descriptions.Located located) {
    Figure figure = descriptions.now(located);
    return figure != null && figure.value() instanceof Number number
        ? number.doubleValue()
        : Double.NaN;
  }

  private Figure.Spread spread(Descriptions.Located located) {
    return descriptions.now(located) instanceof Figure.Spread spread
        ? spread
        : (Figure.Spread) located.figure();
  }

  /** Takes the meters out of the registries. Idempotent. The predictor stays open. */
  @Override
  public void close() {
    List<Runnable> all;
    synchronized (this) {
      isClosed = true;
      all = List.copyOf(removals);
      removals.clear();
    }
    descriptions.forget();
    all.forEach(Runnable::run);
  }

  @Override
  public String toString() {
    return "PredictorMeters[" + name + "]";
  }
}

package dev.inproc.inference.monitoring;

import dev.inproc.inference.events.RecentEvents;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.events.ServingEvent.CacheSwitched;
import dev.inproc.inference.events.ServingEvent.ExperimentEnded;
import dev.inproc.inference.events.ServingEvent.ExperimentStarted;
import dev.inproc.inference.events.ServingEvent.IntegrityProbed;
import dev.inproc.inference.events.ServingEvent.ModelFreed;
import dev.inproc.inference.events.ServingEvent.ModelLoaded;
import dev.inproc.inference.events.ServingEvent.Overloaded;
import dev.inproc.inference.events.ServingEvent.RolloutAlarmed;
import dev.inproc.inference.events.ServingEvent.RolloutEnded;
import dev.inproc.inference.events.ServingEvent.RolloutPaused;
import dev.inproc.inference.events.ServingEvent.RolloutResumed;
import dev.inproc.inference.events.ServingEvent.RolloutStepped;
import dev.inproc.inference.events.ServingEvent.SampleRatioMismatch;
import dev.inproc.inference.events.ServingEvent.ShadowStarted;
import dev.inproc.inference.events.ServingEvent.ShadowStopped;
import dev.inproc.inference.events.ServingEvent.VersionRefused;
import dev.inproc.inference.events.ServingEvent.VersionRetired;
import dev.inproc.inference.events.ServingEvent.VersionRolledBack;
import dev.inproc.inference.events.ServingEvent.VersionSwitched;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The events of a status page, as a table. */
final class EventSection {
  private EventSection() {}

  /** What happened, in words. */
  private record Words(String what, String detail) {}

  static void write(Html html, List<RecentEvents.Entry> events) {
    html.open("section", "class", "card", "id", "events").element("h2", "Events");
    if (events.isEmpty()) {
      html.element("p", "No events.", "class", "empty").close();
      return;
    }
    html.open("div", "class", "scroll", "tabindex", "0", "role", "group", "aria-label", "Events");
    html.open("table", "class", "events").open("thead").open("tr");
    for (String column : List.of("Time", "Event", "Of", "Detail")) {
      html.element("th", column, "scope", "col");
    }
    html.close().close().open("tbody");
    for (RecentEvents.Entry entry : events) {
      row(html, entry);
    }
    html.close().close().close().close();
  }

  private static void row(Html html, RecentEvents.Entry entry) {
    String iso = entry.time().truncatedTo(ChronoUnit.SECONDS).toString();
    Words words = words(entry.event());
    html.open("tr").open("th", "scope", "row", "class", "number");
    html.element("time", HumanNumbers.time(iso), "datetime", iso).close();
    html.element("td", words.what, "class", "number").element("td", entry.event().source());
    html.element("td", words.detail).close();
  }

  private static Words words(ServingEvent event) {
    if (event instanceof ModelLoaded loaded) {
      String took = HumanNumbers.of(loaded.took().toNanos() / 1e9, "second");
      return new Words("model loaded", "on " + loaded.device() + " in " + took);
    }
    if (event instanceof ModelFreed) {
      return new Words("model freed", "");
    }
    if (event instanceof IntegrityProbed probed) {
      return new Words(probed.isClean() ? "probe: clean" : "probe: not clean", probed.finding());
    }
    if (event instanceof Overloaded overloaded) {
      String waiting = HumanNumbers.count(overloaded.waiting(), "call");
      return new Words("overloaded", waiting + " waited");
    }
    if (event instanceof CacheSwitched switched) {
      return new Words(switched.isOn() ? "cache on" : "cache off", "");
    }
    if (event instanceof VersionSwitched switched) {
      return new Words("version switched", "from " + switched.from() + " to " + switched.to());
    }
    if (event instanceof VersionRefused refused) {
      return new Words("version refused", refused.version() + ": " + refused.reason());
    }
    if (event instanceof VersionRetired retired) {
      return new Words("version retired", retired.version());
    }
    if (event instanceof VersionRolledBack back) {
      String versions = "from " + back.from() + " to " + back.to();
      return new Words("rolled back", versions + ": " + back.reason());
    }
    return rolloutWords(event);
  }

  private static Words rolloutWords(ServingEvent event) {
    if (event instanceof RolloutStepped stepped) {
      String share = HumanNumbers.number(100 * stepped.share());
      return new Words("rollout step", stepped.version() + " takes " + share + " %");
    }
    if (event instanceof RolloutAlarmed alarm) {
      return new Words("rollout alarm", alarm.version() + ": " + alarm.detail());
    }
    if (event instanceof RolloutPaused paused) {
      return new Words("rollout paused", paused.version() + ": " + paused.reason());
    }
    if (event instanceof RolloutResumed resumed) {
      return new Words("rollout resumed", resumed.version());
    }
    if (event instanceof RolloutEnded ended) {
      String what = ended.isPromoted() ? "canary promoted" : "canary rolled back";
      return new Words(what, ended.version() + ": " + ended.reason());
    }
    return shadowWords(event);
  }

  private static Words shadowWords(ServingEvent event) {
    if (event instanceof ShadowStarted started) {
      return new Words("shadow started", started.version());
    }
    if (event instanceof ShadowStopped stopped) {
      String counts =
          HumanNumbers.count(stopped.compared(), "pair")
              + " compared, "
              + HumanNumbers.count(stopped.failed(), "call")
              + " failed";
      return new Words("shadow stopped", stopped.version() + ": " + counts);
    }
    return experimentWords(event);
  }

  private static Words experimentWords(ServingEvent event) {
    if (event instanceof ExperimentStarted started) {
      return new Words("experiment phase " + started.phase(), started.arms());
    }
    if (event instanceof ExperimentEnded ended) {
      return new Words("experiment ended", ended.reason());
    }
    if (event instanceof SampleRatioMismatch mismatch) {
      return new Words("experiment is not valid", mismatch.finding());
    }
    return new Words(event.getClass().getSimpleName(), event.toString());
  }
}

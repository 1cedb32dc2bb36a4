package dev.inproc.inference.cache.text;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Words and their opposites. */
public final class Antonyms {
  /** Words of one meaning, and after the bar their opposites. */
  private static final List<String> PAIRS =
      List.of(
          "increase raise grow boost|decrease reduce lower shrink",
          "gain|lose loss",
          "before|after",
          "minimum min minimal minimize minimise|maximum max maximal maximize maximise",
          "open|close shut",
          "enable activate|disable deactivate",
          "start begin|stop end finish",
          "add insert|remove delete",
          "install|uninstall",
          "buy purchase|sell",
          "win|lose",
          "accept|reject decline refuse",
          "allow permit|forbid deny prohibit block",
          "lock|unlock",
          "encrypt|decrypt",
          "encode|decode",
          "compress zip|decompress unzip extract",
          "upload|download",
          "import|export",
          "push|pull",
          "send|receive",
          "give|take",
          "borrow|lend",
          "deposit|withdraw",
          "credit|debit",
          "attach|detach",
          "connect|disconnect",
          "subscribe|unsubscribe",
          "follow|unfollow",
          "show display reveal|hide conceal",
          "expand|collapse",
          "enter|exit leave",
          "arrive|depart",
          "first|last",
          "earliest|latest",
          "oldest eldest|newest youngest",
          "old|new young",
          "high higher highest|low lower lowest",
          "big bigger biggest large larger largest|small smaller smallest tiny",
          "long longer longest|short shorter shortest",
          "fast faster fastest quick|slow slower slowest",
          "hot hotter hottest|cold colder coldest",
          "heavy heavier heaviest|light lighter lightest",
          "more most|less least fewer fewest",
          "good better best|bad worse worst",
          "cheap cheaper cheapest|expensive costly",
          "easy easier easiest|hard harder hardest difficult",
          "strong stronger strongest|weak weaker weakest",
          "safe|dangerous unsafe",
          "true|false",
          "positive|negative",
          "left|right",
          "up|down",
          "above over|below under beneath",
          "inside indoor|outside outdoor",
          "north northern|south southern",
          "east eastern|west western",
          "ascending|descending",
          "horizontal|vertical",
          "public|private",
          "input|output",
          "male man boy|female woman girl",
          "husband|wife",
          "summer|winter",
          "morning|evening",
          "day|night",
          "advantage benefit pro|disadvantage drawback con",
          "success succeed|failure fail",
          "love like|hate dislike");

  private record Side(int pair, int sign) {}

  private static final Map<String, List<Side>> SIDES = sides();

  private Antonyms() {}

  private static Map<String, List<Side>> sides() {
    Map<String, List<Side>> sides = new HashMap<>();
    for (int pair = 0; pair < PAIRS.size(); pair++) {
      String[] both = PAIRS.get(pair).split("\\|", -1);
      for (int side = 0; side < 2; side++) {
        for (String word : both[side].split(" ", -1)) {
          Side added = new Side(pair, side);
          sides.merge(
              word,
              List.of(added),
              (x, y) -> java.util.stream.Stream.concat(x.stream(), y.stream()).toList());
        }
      }
    }
    return sides;
  }

  public static boolean differ(Tokens a, Tokens b) {
    Set<Side> first = sides(a);
    Set<Side> second = sides(b);
    for (Side side : first) {
      Side opposite = new Side(side.pair, 1 - side.sign);
      if (second.contains(opposite) && !first.contains(opposite) && !second.contains(side)) {
        return true;
      }
    }
    return false;
  }

  private static Set<Side> sides(Tokens tokens) {
    Set<Side> found = new HashSet<>();
    for (String word : tokens.words()) {
      found.addAll(lookUp(word));
    }
    return found;
  }

  /** Looks a word up, then without the endings of English verbs and nouns. */
  private static List<Side> lookUp(String word) {
    List<Side> found = SIDES.get(word);
    for (String ending : List.of("s", "es", "d", "ed", "ing")) {
      if (found != null) {
        return found;
      }
      if (word.length() > ending.length() + 2 && word.endsWith(ending)) {
        String stem = word.substring(0, word.length() - ending.length());
        found = SIDES.get(stem);
        if (found == null && ending.equals("ing")) {
          found = SIDES.get(stem + "e");
        }
        int n = stem.length();
        if (found == null && n > 2 && stem.charAt(n - 1) == stem.charAt(n - 2)) {
          found = SIDES.get(stem.substring(0, n - 1)); // stopped, stopping
        }
      }
    }
    return found == null ? List.of() : found;
  }
}

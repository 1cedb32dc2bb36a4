package dev.inproc.inference.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.deploy.Peers.Peer;
import dev.inproc.inference.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One rollout and several processes, of which some end. */
class RolloutProcessesTest {
  @TempDir private Path directory;
  private Peers peers;

  @BeforeEach
  void open() throws IOException {
    peers = new Peers(directory);
  }

  @AfterEach
  void close() {
    peers.close();
  }

  // ---- following ----

  @Test
  void follower_hasTheSameKeysAndSteps_andIsPromotedToo() {
    Peer a = peers.open();
    Peer b = peers.open();
    Rollout owned = a.rollOut(0.2, 1);
    Rollout followed = b.join();
    Set<Integer> canary = a.keysOf("canary", 1000);
    assertEquals(200, canary.size(), 51);
    assertEquals(canary, b.keysOf("canary", 1000));
    assertEquals(a.keysOf("control", 1000), b.keysOf("control", 1000));
    peers.seconds(60);
    assertEquals(2, owned.metrics().step());
    assertEquals(2, followed.metrics().step());
    assertEquals(1000, b.keysOf("canary", 1000).size());
    peers.seconds(60);
    assertEquals(RolloutState.BAKING, owned.state());
    assertEquals(RolloutState.BAKING, followed.state());
    peers.seconds(65);
    assertEquals(RolloutState.PROMOTED, owned.state());
    assertEquals(RolloutState.PROMOTED, followed.state());
    assertEquals(2, b.deployment.version().version());
    assertEquals(2, peers.labelled());
    assertEquals(RolloutState.PROMOTED, peers.kept().progress().state());
  }

  @Test
  void follower_doesNotVote() {
    Peer a = peers.open();
    Peer b = peers.open();
    Rollout owned = a.rollOut(0.5, 1);
    Rollout followed = b.join();
    b.canaryFails();
    assertTrue(b.call(0, 500) > 100);
    peers.seconds(5);
    assertEquals(RolloutState.RUNNING, owned.state());
    assertEquals(RolloutState.RUNNING, followed.state());
    assertEquals(0, followed.metrics().canaryCalls());
    assertEquals(0, peers.kept().votes());
  }

  @Test
  void ownersAlarm_reachesFollowers() {
    Peer a = peers.open();
    Peer b = peers.open();
    Rollout owned = a.rollOut(0.5, 1);
    Rollout followed = b.join();
    a.canaryFails();
    assertTrue(a.call(0, 500) <= 15);
    assertEquals(RolloutState.ROLLED_BACK, owned.state());
    peers.seconds(5);
    assertEquals(RolloutState.ROLLED_BACK, followed.state());
    assertEquals(0, b.keysOf("canary", 300).size());
    assertEquals(RolloutTrigger.ERRORS, peers.kept().progress().alarms().get(0).trigger());
    assertEquals(1, peers.labelled());
  }

  @Test
  void ruleThatOnlyItsProcessHas_keepsOthersOnTheStableVersion() {
    Peer a = peers.open();
    Peer without = peers.open();
    Peer with = peers.open("stable", plan -> plan.withStableFor((input, options) -> input == 1));
    a.deployment.rollOut(a.plan(0.5, 1).withStableFor((input, options) -> input == 1));
    with.join();
    peers.seconds(10);
    assertNull(without.state());
    assertEquals(1000, without.keysOf("none", 1000).size());
    assertEquals(500, with.keysOf("canary", 1000).size(), 64);
    for (int i = 0; i < 100; i++) {
      assertEquals("1:1", with.deployment.predict(1));
    }
  }

  @Test
  void completion_addsNoOtherTests() {
    Peer a = peers.open();
    Peer b = peers.open("stable", plan -> plan.withScore(String::length).withAlpha(0.5));
    a.rollOut(0.5, 1);
    b.join();
    a.crash();
    peers.seconds(21);
    assertEquals(RolloutState.PAUSED, b.state());
    List<RolloutTrigger> tested = new ArrayList<>();
    b.deployment
        .rollout()
        .orElseThrow()
        .metrics()
        .triggers()
        .forEach(each -> tested.add(each.trigger()));
    assertFalse(tested.contains(RolloutTrigger.PREDICTIONS), tested::toString);
    assertEquals(4, tested.size());
    assertEquals(0.01, peers.kept().plan().alpha());
  }

  @Test
  void canaryThatCannotBeLoaded_leavesTheStableVersionAndIsTriedAgain() {
    Peer a = peers.open();
    Peer b = peers.open();
    int[] tries = {0};
    b.lanes.onCreate.put(
        2L,
        () -> {
          if (++tries[0] == 1) {
            throw new java.io.UncheckedIOException(new IOException("stale file handle"));
          }
        });
    a.rollOut(0.5, 1);
    for (int i = 0; i < 40 && tries[0] < 2; i++) {
      peers.seconds(1);
      peers.settle();
    }
    Await.until("the second try", () -> b.deployment.rollout().isPresent());
    assertEquals(2, tries[0]);
  }

  // ---- commands ----

  @Test
  void commandOnAFollower_takesTheRolloutOver() {
    Peer a = peers.open();
    Peer b = peers.open();
    Rollout first = a.rollOut(0.5, 1);
    Rollout second = b.join();
    long epoch = peers.kept().epoch();
    assertTrue(second.pause("lunch"));
    assertEquals(RolloutState.PAUSED, second.state());
    peers.seconds(1);
    assertEquals(epoch + 1, peers.kept().epoch());
    assertEquals(RolloutState.PAUSED, first.state());
    assertEquals("lunch", first.metrics().reason());
    a.canaryFails(); // no owner any more
    a.call(0, 200);
    peers.seconds(1);
    assertEquals(RolloutState.PAUSED, first.state());
    assertTrue(first.resume());
    peers.seconds(5);
    assertEquals(epoch + 2, peers.kept().epoch());
    assertEquals(RolloutState.RUNNING, second.state());
    a.call(200, 200);
    assertEquals(RolloutState.ROLLED_BACK, first.state());
    peers.seconds(6);
    assertEquals(RolloutState.ROLLED_BACK, second.state());
  }

  @Test
  void rollBackOnAFollower_reachesTheOwnerAndIsDurable() {
    Peer a = peers.open();
    Peer b = peers.open();
    Rollout first = a.rollOut(0.5, 1);
    b.join();
    Rollback rollback = b.deployment.rollBack("complaints");
    assertTrue(rollback.isDone());
    assertEquals(0, b.keysOf("canary", 300).size());
    Await.value(rollback.durable().toCompletableFuture());
    assertEquals(RolloutState.ROLLED_BACK, peers.kept().progress().state());
    peers.seconds(1);
    assertEquals(RolloutState.ROLLED_BACK, first.state());
    assertEquals("complaints", first.metrics().reason());
    assertEquals(0, a.keysOf("canary", 300).size());
    peers.seconds(20);
    assertNull(a.state());
    assertNull(b.state());
  }

  @Test
  void rollBackInAProcessThatTakesNoPart_endsTheRollout() {
    Peer a = peers.open();
    Peer b = peers.open();
    b.lanes.onCreate.put(
        2L,
        () -> {
          throw new IllegalStateException("no such operator");
        });
    Rollout first = a.rollOut(0.5, 1);
    peers.seconds(6);
    Rollback rollback = b.deployment.rollBack("complaints");
    assertTrue(rollback.isDone());
    assertFalse(b.deployment.rollBack("again").isDone());
    Await.value(rollback.durable().toCompletableFuture());
    peers.seconds(1);
    assertEquals(RolloutState.ROLLED_BACK, first.state());
  }

  @Test
  void promoteOnAFollower_reachesTheOwner() {
    Peer a = peers.open();
    Peer b = peers.open();
    Rollout first = a.rollOut(0.5, 1);
    assertTrue(b.join().promote("good enough"));
    peers.seconds(1);
    assertEquals(RolloutState.PROMOTED, first.state());
    assertEquals(2, peers.labelled());
    assertEquals(2, a.deployment.version().version());
  }

  @Test
  void promoteAndRollBackAtOnce_haveOneOutcome() {
    for (int round = 0; round < 20; round++) {
      Peer a = peers.open();
      Peer b = peers.open();
      Rollout first = a.rollOut(0.5, 1);
      Rollout second = b.join();
      assertTrue(first.promote("good"));
      assertTrue(second.rollBack("bad").isDone());
      peers.seconds(6);
      boolean isPromoted = peers.kept().progress().state() == RolloutState.PROMOTED;
      long serving = isPromoted ? 2 : 1;
      Await.until("one outcome", () -> a.deployment.version().version() == serving);
      Await.until("one outcome", () -> b.deployment.version().version() == serving);
      assertEquals(serving, peers.labelled());
      peers.all.forEach(Peer::close);
      peers.all.clear();
      peers.label(1);
    }
  }

  @Test
  void rollOut_whileAnotherProcessHasOne_isRefused() {
    Peer a = peers.open();
    Peer b = peers.open();
    a.rollOut(0.5, 1);
    String message =
        assertThrows(IllegalStateException.class, () -> b.rollOut(0.3, 1)).getMessage();
    assertTrue(
        message.startsWith(
            "m: expected no rollout under way, got that of m@2, which process "
                + ProcessHandle.current().pid()),
        message);
    Await.until("both lanes to be closed", () -> b.lanes.last().isClosed());
    assertEquals("1:7", b.deployment.predict(7));
    b.join(); // it takes part instead
    b.deployment.rollBack("no");
    peers.seconds(1);
    Rollout next = b.rollOut(0.3, 1);
    assertEquals(RolloutState.RUNNING, next.state());
  }

  // ---- restarts ----

  @Test
  void crash_resumesPausedWithTheSameKeysAndEvidence() {
    Peer a = peers.open();
    Rollout first = a.rollOut(0.5, 1);
    Set<Integer> canary = a.keysOf("canary", 1000);
    long salt = peers.kept().salt();
    a.canaryFails();
    int failed = 0;
    int key = 1000;
    for (; failed < 7; key++) {
      failed += a.call(key, 1);
    }
    peers.seconds(2);
    double evidence = evidence(first);
    assertEquals(RolloutState.RUNNING, first.state());
    assertTrue(evidence > 0.01 && evidence < 1, "evidence " + evidence);
    a.crash();
    Peer b = peers.open();
    Rollout second = b.join();
    assertEquals(canary, b.keysOf("canary", 1000));
    peers.seconds(20);
    assertEquals(RolloutState.PAUSED, second.state());
    assertEquals("the process that ran the rollout has ended", second.metrics().reason());
    assertEquals(salt, peers.kept().salt());
    assertEquals(evidence, evidence(second), 1e-9);
    Duration inStep = second.metrics().inStep();
    assertTrue(inStep.compareTo(Duration.ofSeconds(3)) <= 0, inStep::toString);
    b.canaryFails();
    int more = 0;
    while (!second.state().isTerminal() && more < 30) {
      more += b.call(key++, 1);
    }
    assertEquals(RolloutState.ROLLED_BACK, second.state());
    assertTrue(more < 9, more + " votes more"); // alone they would not do
    assertTrue(failed + more <= 15, failed + " and " + more);
  }

  private static double evidence(Rollout rollout) {
    return rollout.metrics().triggers().stream()
        .filter(each -> each.trigger() == RolloutTrigger.ERRORS)
        .findFirst()
        .orElseThrow()
        .evidence();
  }

  @Test
  void keysThatHaveVoted_doNotVoteAgainAfterARestart() {
    Peer a = peers.open();
    Rollout first = a.rollOut(0.5, 1);
    List<Integer> canary = List.copyOf(a.keysOf("canary", 100)).subList(0, 5);
    a.canaryFails();
    canary.forEach(key -> a.call(key, 1));
    peers.seconds(1);
    double evidence = evidence(first);
    a.crash();
    for (int restart = 0; restart < 3; restart++) {
      Peer b = peers.open();
      b.canaryFails();
      long epoch = peers.kept().epoch();
      Rollout next = b.join();
      for (int i = 0; i < 25 && peers.kept().epoch() == epoch; i++) {
        peers.seconds(1); // few in all: after 30 s of comparing each key has another vote
      }
      assertEquals(RolloutState.PAUSED, next.state());
      canary.forEach(key -> b.call(key, 1));
      assertEquals(evidence, evidence(next), 1e-9);
      assertEquals(5, votes(next));
      b.crash();
    }
  }

  private static long votes(Rollout rollout) {
    return rollout.metrics().triggers().stream()
        .filter(each -> each.trigger() == RolloutTrigger.ERRORS)
        .findFirst()
        .orElseThrow()
        .canaryVotes();
  }

  @Test
  void cleanClose_hasAnotherGoOnAtItsNextPoll() {
    Peer a = peers.open();
    Peer b = peers.open();
    a.rollOut(0.5, 1);
    Rollout followed = b.join();
    a.close();
    peers.all.remove(a);
    assertEquals("", peers.kept().owner());
    peers.seconds(5);
    assertEquals(RolloutState.PAUSED, followed.state());
    assertEquals("the process that ran the rollout has left it", followed.metrics().reason());
    assertTrue(followed.resume());
    peers.seconds(3 * 60);
    assertEquals(RolloutState.PROMOTED, followed.state());
  }

  @Test
  void takeover_byTwoAtOnce_hasOneOwner() {
    Peer a = peers.open();
    Peer b = peers.open();
    Peer c = peers.open();
    a.rollOut(0.5, 1);
    b.join();
    c.join();
    long epoch = peers.kept().epoch();
    a.crash();
    for (int second = 0; second < 25; second++) { // both at the same time
      peers.timer.advanceMillis(1_000);
      peers.settle();
    }
    assertEquals(epoch + 1, peers.kept().epoch());
    assertEquals(RolloutState.PAUSED, b.state());
    assertEquals(RolloutState.PAUSED, c.state());
  }

  @Test
  void ownerThatWasCutOff_followsTheNewOneWithoutAVote() {
    Peer a = peers.open();
    Peer b = peers.open();
    Rollout first = a.rollOut(0.5, 1);
    Rollout second = b.join();
    a.files.isCut = true;
    peers.seconds(21);
    assertEquals(RolloutState.PAUSED, second.state());
    assertEquals(RolloutState.RUNNING, first.state());
    a.canaryFails();
    a.call(0, 6);
    a.files.isCut = false;
    long epoch = peers.kept().epoch();
    peers.seconds(2);
    assertEquals(epoch, peers.kept().epoch());
    assertEquals(RolloutState.PAUSED, first.state());
    assertEquals(0, votes(second));
    assertTrue(second.resume());
    peers.seconds(6);
    assertEquals(RolloutState.RUNNING, first.state());
    assertEquals(0, peers.kept().progress().alarms().size());
  }

  /** Its bake is over by itself while it is cut off, after another has rolled back. */
  @Test
  void ownerThatWasCutOff_doesNotPromoteWhatAnotherHasRolledBack() {
    Peer a = peers.open();
    Peer b = peers.open();
    Rollout first = a.rollOut(0.5, 1);
    b.join();
    peers.seconds(130);
    assertEquals(RolloutState.BAKING, first.state());
    a.files.isCut = true;
    assertTrue(b.deployment.rollBack("bad").isDone());
    peers.seconds(60);
    assertEquals(RolloutState.PROMOTED, first.state()); // in its memory
    assertEquals(1, peers.labelled());
    a.files.isCut = false;
    peers.seconds(2);
    Await.until("the stable version", () -> a.deployment.version().version() == 1);
    assertEquals(1, peers.labelled());
    assertEquals(RolloutState.ROLLED_BACK, peers.kept().progress().state());
  }

  @Test
  void promotion_stoppedAtEachStep_endsConsistently() {
    boolean isWhole = false;
    for (int steps = 0; !isWhole; steps++) {
      peers.label(1);
      Peer a = peers.open();
      Rollout rollout = a.rollOut(0.5, 1);
      peers.seconds(2);
      a.files.stepsLeft.set(steps);
      assertTrue(rollout.promote("good"));
      a.settle();
      isWhole = !a.files.isCut;
      boolean isWritten = peers.kept().progress().state() == RolloutState.PROMOTED;
      a.crash();
      long labelled = peers.labelled();
      String when = "stopped after step " + steps + ", labelled " + labelled;
      assertTrue(labelled == 2 || !isWritten, when);
      Peer b = peers.open();
      if (labelled == 2) {
        peers.seconds(6);
        assertEquals(2, b.deployment.version().version(), when);
        assertEquals(RolloutState.PROMOTED, peers.kept().progress().state(), when);
        assertNull(b.state(), when);
      } else {
        b.join();
        peers.seconds(20);
        assertEquals(RolloutState.PAUSED, b.state(), when);
        b.deployment.rollBack("next");
      }
      b.settle();
      b.close();
      peers.all.clear();
    }
  }

  @Test
  void newestVersion_thatIsACanaryOrWasRolledBack_doesNotServeAfterARestart() {
    Peer a = peers.open();
    a.close();
    peers.all.clear();
    Peer newest = peers.open(null, plan -> plan);
    assertEquals(2, newest.deployment.version().version());
    assertTrue(newest.deployment.switchTo(newest.version(1)));
    newest.rollOut(0.5, 1);
    newest.crash();
    Peer next = peers.open(null, plan -> plan);
    assertEquals(1, next.deployment.version().version());
    next.join();
    Rollback rollback = next.deployment.rollBack("bad");
    Await.value(rollback.durable().toCompletableFuture());
    next.close();
    peers.all.clear();
    assertEquals(1, peers.open(null, plan -> plan).deployment.version().version());
  }

  // ---- files ----

  @Test
  void storageThatFails_leavesMemoryAsCommanded_andTheEndIsWrittenLater() {
    Peer a = peers.open();
    a.rollOut(0.5, 1);
    a.files.isCut = true;
    Rollback rollback = a.deployment.rollBack("bad");
    assertTrue(rollback.isDone());
    Throwable failure = Await.failure(rollback.durable().toCompletableFuture());
    assertTrue(failure.toString().contains("cut off"), failure::toString);
    assertEquals(0, a.keysOf("canary", 300).size());
    peers.seconds(3);
    assertEquals(RolloutState.RUNNING, peers.kept().progress().state());
    a.files.isCut = false;
    peers.seconds(1);
    assertEquals(RolloutState.ROLLED_BACK, peers.kept().progress().state());
  }

  @Test
  void repositoryThatCannotBeWritten_hasTheRolloutInMemory() {
    Peer a = peers.open();
    a.files.isCut = true;
    Rollout rollout = a.rollOut(0.5, 1);
    assertEquals(500, a.keysOf("canary", 1000).size(), 64);
    peers.seconds(5 * 60);
    assertEquals(RolloutState.PROMOTED, rollout.state());
    assertFalse(Files.exists(peers.file()));
    Await.until("the label", () -> peers.labelled() == 2);
  }

  @Test
  void damagedFile_isNeverActedOn_andMayBeReplaced() throws IOException {
    Peer a = peers.open();
    a.rollOut(0.5, 1);
    byte[] good = Files.readAllBytes(peers.file());
    a.crash();
    List<byte[]> bad = new ArrayList<>();
    bad.add(new byte[0]);
    bad.add(java.util.Arrays.copyOf(good, good.length / 2));
    bad.add("[".repeat(100_000).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    String text = new String(good, java.nio.charset.StandardCharsets.UTF_8);
    for (String[] change :
        new String[][] {
          {"\"step\": 1", "\"step\": 3"},
          {"\"epoch\": 1", "\"epoch\": 9223372036854775807"},
          {"\"stepNanos\": 0", "\"stepNanos\": -1"},
          {"\"alpha\": 0.01", "\"alpha\": 7"},
          {"RUNNING", "FLYING"},
          {"\"share\": 0.5", "\"share\": 1e-400"},
          {"\"canary\": 2", "\"canary\": \"2\""},
          {"\"keys\": \"0", "\"keys\": \""},
          {"ERRORS", "errors"}
        }) {
      assertTrue(text.contains(change[0]), change[0]);
      bad.add(text.replace(change[0], change[1]).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    Files.write(peers.file(), bad.get(0));
    Peer b = peers.open();
    for (byte[] each : bad) {
      Files.write(peers.file(), each);
      peers.seconds(bad.indexOf(each) == 0 ? 25 : 6);
      assertNull(b.state());
      assertEquals(100, b.keysOf("none", 100).size());
    }
    assertEquals(RolloutState.RUNNING, b.rollOut(0.5, 1).state());
    peers.seconds(1);
    assertNotEquals(0, peers.kept().epoch());
  }

  @Test
  void votesThatAreLost_endTheTestsOfTheirStepAlone() throws IOException {
    Peer a = peers.open();
    a.rollOut(0.2, 0.5, 1);
    a.call(0, 500);
    peers.seconds(1);
    assertTrue(peers.kept().votes() > 0);
    a.crash();
    try (var files = Files.list(peers.directory())) {
      Path votes =
          files.filter(each -> each.getFileName().toString().startsWith("votes")).findFirst().get();
      Files.write(votes, java.util.Arrays.copyOf(Files.readAllBytes(votes), 20));
    }
    Peer b = peers.open();
    Rollout rollout = b.join();
    peers.seconds(20);
    b.canaryFails();
    b.call(500, 300);
    assertEquals(RolloutState.PAUSED, rollout.state());
    assertEquals(List.of(), rollout.metrics().triggers());
    assertTrue(rollout.resume());
    peers.seconds(61);
    assertEquals(2, rollout.metrics().step());
    b.call(1_000, 300);
    assertEquals(RolloutState.ROLLED_BACK, rollout.state());
  }

  @Test
  void tornEndOfTheVotes_isCutOff() throws IOException {
    Peer a = peers.open();
    Rollout first = a.rollOut(0.5, 1);
    a.canaryFails();
    a.call(0, 8);
    peers.seconds(1);
    long votes = votes(first);
    assertTrue(votes > 0);
    a.crash();
    try (var files = Files.list(peers.directory())) {
      Path file =
          files.filter(each -> each.getFileName().toString().startsWith("votes")).findFirst().get();
      Files.write(file, new byte[] {0, 0, 0, 20, 1, 2}, java.nio.file.StandardOpenOption.APPEND);
    }
    for (int restart = 0; restart < 2; restart++) {
      Peer b = peers.open();
      b.canaryFails();
      Rollout next = b.join();
      peers.seconds(20);
      assertEquals(votes + restart, votes(next));
      int key = 1_000 * (restart + 1);
      while (b.call(key++, 1) == 0) {} // one vote more
      peers.seconds(1);
      b.crash();
    }
  }
}

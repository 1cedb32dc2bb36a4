package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Reachable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A caller may keep a future for long: it holds neither its request nor the calls that joined. */
class DoneFuturesTest {
  private static final CallOptions HOUR = CallOptions.timeout(Duration.ofHours(1));

  private record Request(int number, String text) {}

  @Test
  void doneFutures_holdNoRequest() {
    FakeModel<Request, Integer> model = FakeModel.byHand(Request::number);
    Reachable requests = new Reachable();
    List<CompletableFuture<Integer>> kept = new ArrayList<>();
    try (CachingPredictor<Request, Integer> cache =
        Caching.exact(100).withAnswers(Integer.class).decorate(model)) {
      for (int i = 0; i < 24; i++) {
        Request request = requests.watch(new Request(i / 2, "a request of text"));
        kept.add(cache.submit(request, i % 3 == 0 ? HOUR : CallOptions.DEFAULT));
      }
      kept.get(0).cancel(false);
      kept.get(1).cancel(false); // the last of its run
      kept.get(2).complete(1);
      kept.get(4).completeExceptionally(new IllegalStateException());
      kept.get(6).obtrudeValue(1);
      model.fail(5, new IllegalStateException());
      for (int i = 0; i < 12; i++) {
        if (i != 5) {
          model.finish(i);
        }
      }
      kept.forEach(future -> Await.until("an outcome", future::isDone));
      cache.invalidateAll();
      model.forget();
      requests.awaitNone("the requests of " + kept.size() + " futures");
    }
  }
}

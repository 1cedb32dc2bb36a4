package dev.inproc.examples.springboot;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.OverloadedException;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Answers {@code GET /search?q=...&k=3}. */
@RestController
final class SearchController {
  private static final int MOST = 20;

  private final FaqIndex index;

  SearchController(FaqIndex index) {
    this.index = index;
  }

  @GetMapping("/search")
  List<FaqIndex.Match> search(@RequestParam String q, @RequestParam(defaultValue = "3") int k) {
    if (q.isBlank() || k < 1 || k > MOST) {
      throw new ResponseStatusException(
          HttpStatus.BAD_REQUEST, "expected a question q and k from 1 to " + MOST);
    }
    return index.nearest(q, k);
  }

  @ExceptionHandler(OverloadedException.class)
  @ResponseStatus(HttpStatus.SERVICE_UNAVAILABLE)
  void overloaded() {}

  @ExceptionHandler(DeadlineExceededException.class)
  @ResponseStatus(HttpStatus.GATEWAY_TIMEOUT)
  void late() {}
}

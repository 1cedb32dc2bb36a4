package dev.inproc.examples.springboot;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.OverloadedException;
import java.util.List;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
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

  @ExceptionHandler
  ResponseEntity<Void> overloaded(OverloadedException e) {
    return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
        .header(HttpHeaders.RETRY_AFTER, String.valueOf(e.retryAfter().toSeconds() + 1))
        .build();
  }

  @ExceptionHandler
  ResponseEntity<Void> late(DeadlineExceededException e) {
    return ResponseEntity.status(HttpStatus.GATEWAY_TIMEOUT).build();
  }
}

package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuestionsTest {
  @Test
  void own_arguments_winOverInput() throws InterruptedException {
    assertEquals(List.of("a b", "c"), Questions.own(new String[] {"a b", "c"}, input("d\n")));
  }

  @Test
  void lines_text_areStrippedAndBlankOnesLeftOut() throws InterruptedException {
    assertEquals(List.of("où est-il?", "b"), Questions.lines(input(" où est-il?\r\n\n  \nb")));
  }

  @Test
  void lines_emptyInput_areNone() throws InterruptedException {
    assertEquals(List.of(), Questions.lines(input("")));
  }

  @Test
  void lines_openInputThatStaysSilent_areNoneAndDoNotBlock() throws Exception {
    try (PipedOutputStream writer = new PipedOutputStream();
        PipedInputStream silent = new PipedInputStream(writer)) {
      assertEquals(List.of(), Questions.lines(silent));
    }
  }

  @Test
  void lines_closedInput_areNone() throws Exception {
    InputStream closed = InputStream.nullInputStream();
    closed.close();
    assertEquals(List.of(), Questions.lines(closed));
  }

  private static InputStream input(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}

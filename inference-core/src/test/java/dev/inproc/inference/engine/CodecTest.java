package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.bulk.BulkScoring;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.Messages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Codecs: lists, resources, and types that flow through a chain. */
class CodecTest {
  private static final Codec<Integer, Long> CODEC =
      Codec.of(
          Integer.class, id -> LedgerModel.request(id), answer -> answer.get("answer").getLong(0));

  /** A native tokenizer, as far as closing goes. */
  private static final class Tokenizer implements AutoCloseable {
    private final AtomicInteger closes = new AtomicInteger();
    private final CountDownLatch entered = new CountDownLatch(1);
    private volatile CountDownLatch mayLeave = new CountDownLatch(0);

    Tensors encode(int id) {
      entered.countDown();
      Await.latch(mayLeave);
      if (closes.get() > 0) {
        throw new AssertionError("used after close: this crashes the JVM");
      }
      return LedgerModel.request(id);
    }

    @Override
    public void close() {
      closes.incrementAndGet();
    }
  }

  /** The types of a chain are found without a target type. */
  @Test
  void types_flowThroughAChain() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      long answer =
          f.session
              .borrowed()
              .with(Batching.upTo(4))
              .with(
                  Codec.of(
                      Integer.class, id -> LedgerModel.request(id), out -> out.only().getLong(0)))
              .borrowed()
              .answers()
              .predict(7)
              .value();
      assertEquals(LedgerModel.f(7), answer);
    }
  }

  @Test
  void list_isEncodedAtOnce() {
    List<Integer> sizes = new ArrayList<>();
    Codec<Integer, Long> whole =
        new Codec<>() {
          @Override
          public Tensors encode(Integer input) {
            return CODEC.encode(input);
          }

          @Override
          public Long decode(Tensors outputs) {
            return CODEC.decode(outputs);
          }

          @Override
          public List<Tensors> encodeAll(List<? extends Integer> inputs) {
            sizes.add(inputs.size());
            return inputs.stream().map(this::encode).toList();
          }
        };
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Predictor<Integer, Long> coded = f.session.with(whole);
      assertEquals(List.of(LedgerModel.f(1), LedgerModel.f(2)), coded.predictAll(List.of(1, 2)));
      assertEquals(List.of(2), sizes);
    }
  }

  @Test
  void list_encodingsOfTheWrongNumber_areTold() {
    Codec<Integer, Long> careless =
        new Codec<>() {
          @Override
          public Tensors encode(Integer input) {
            return CODEC.encode(input);
          }

          @Override
          public Long decode(Tensors outputs) {
            return CODEC.decode(outputs);
          }

          @Override
          public List<Tensors> encodeAll(List<? extends Integer> inputs) {
            return List.of(encode(inputs.get(0)));
          }
        };
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      IllegalStateException told =
          assertThrows(
              IllegalStateException.class,
              () -> f.session.with(careless).predictAll(List.of(1, 2, 3)));
      Messages.assertSays(told, "3 encodings", "got 1", "encodeAll");
    }
  }

  private record TextCodec(boolean isListNull) implements Codec<Integer, Long> {
    @Override
    @SuppressWarnings("NullAway") // what a careless codec does
    public Tensors encode(Integer input) {
      return input < 0 ? null : CODEC.encode(input);
    }

    @Override
    @SuppressWarnings("NullAway")
    public List<Tensors> encodeAll(List<? extends Integer> inputs) {
      return isListNull ? null : Codec.super.encodeAll(inputs);
    }

    @Override
    public Long decode(Tensors outputs) {
      return CODEC.decode(outputs);
    }
  }

  /** By every method, in a batcher, with a resource of its own, in a bulk run. */
  @Test
  void encode_thatReturnsNull_isAnInvalidInputThatNamesTheCodec() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Codec<Integer, Long> codec = new TextCodec(false);
      for (Predictor<Integer, Long> coded :
          List.of(
              f.session.borrowed().with(codec),
              f.session.borrowed().with(Batching.upTo(4)).with(codec),
              f.session.borrowed().with(codec.closing(() -> {})))) {
        assertNamesCodec(
            assertThrows(InvalidInputException.class, () -> coded.predict(-1)), "TextCodec", -1);
        assertNamesCodec(Await.failure(coded.submit(-1)), "TextCodec", -1);
        assertNamesCodec(
            assertThrows(InvalidInputException.class, () -> coded.predictAll(List.of(1, 2, -3, 4))),
            "TextCodec",
            2);
        List<Long> bad = new ArrayList<>();
        BulkScoring.inOrder()
            .withBadRows((index, row, failure) -> bad.add(index))
            .run(coded, List.of(1, 2, -3, 4, -5).iterator(), (index, row, answer) -> {});
        assertEquals(List.of(2L, 4L), bad);
        assertEquals(LedgerModel.f(1), coded.predict(1));
        coded.close();
      }
      Predictor<Integer, Long> wholly = f.session.borrowed().with(new TextCodec(true));
      Messages.assertSays(
          assertThrows(IllegalStateException.class, () -> wholly.predictAll(List.of(1))),
          "got null",
          "encodeAll",
          "TextCodec");
    }
  }

  private static void assertNamesCodec(Throwable told, String name, int index) {
    Messages.assertSays(told, name, "got null");
    assertEquals(index, ((InvalidInputException) told).index());
  }

  @Test
  void list_inputThatCannotBeEncoded_isNamedByItsIndex() {
    Codec<Integer, Long> picky =
        Codec.of(
            Integer.class,
            id -> {
              if (id < 0) {
                throw new InvalidInputException("id", "0 or more", String.valueOf(id));
              }
              return LedgerModel.request(id);
            },
            CODEC::decode);
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      InvalidInputException told =
          assertThrows(
              InvalidInputException.class,
              () -> f.session.with(picky).predictAll(List.of(1, 2, -3, 4)));
      assertEquals(2, told.index());
    }
  }

  @Test
  void closing_closesTheResourceOnceAfterTheModel() {
    Tokenizer tokenizer = new Tokenizer();
    Fixture f = Fixture.of(LedgerModel.scalars());
    Codec<Integer, Long> codec =
        Codec.of(Integer.class, tokenizer::encode, CODEC::decode).closing(tokenizer);
    Predictor<Integer, Long> coded = f.session.with(codec);
    assertEquals(LedgerModel.f(1), coded.predict(1));
    assertEquals(Arrays.asList(LedgerModel.f(2)), coded.predictAll(List.of(2)));
    CompletableFuture<Long> last = coded.submit(3);
    coded.close();
    assertEquals(LedgerModel.f(3), last.getNow(null));
    assertEquals(1, tokenizer.closes.get());
    coded.close();
    assertTrue(coded.close(Duration.ofSeconds(1)));
    assertEquals(1, tokenizer.closes.get());
    assertThrows(PredictorClosedException.class, () -> coded.predict(4));
    assertThrows(IllegalStateException.class, () -> f.session.with(codec));
    f.checkNothingLeft();
  }

  @Test
  void closing_whileAnotherThreadEncodes_waitsForIt() {
    Tokenizer tokenizer = new Tokenizer();
    tokenizer.mayLeave = new CountDownLatch(1);
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Predictor<Integer, Long> coded =
          f.session.with(
              Codec.of(Integer.class, tokenizer::encode, CODEC::decode).closing(tokenizer));
      CompletableFuture<Long> call =
          CompletableFuture.supplyAsync(() -> coded.predict(1), task -> new Thread(task).start());
      Await.latch(tokenizer.entered);
      assertFalse(coded.close(Duration.ofMillis(1)), "a thread is inside the tokenizer");
      assertEquals(0, tokenizer.closes.get());
      tokenizer.mayLeave.countDown();
      assertTrue(Await.failure(call) instanceof PredictorClosedException);
      coded.close();
      assertEquals(1, tokenizer.closes.get());
    }
  }

  @Test
  void closing_twoResources_closesBoth_thoughOneThrows() {
    List<String> closed = new ArrayList<>();
    Fixture f = Fixture.of(LedgerModel.scalars());
    Codec<Integer, Long> one = CODEC.closing(() -> closed.add("one"));
    Predictor<Integer, Long> coded =
        f.session.with(
            one.closing(
                () -> {
                  closed.add("two");
                  throw new java.io.IOException("broken");
                }));
    assertEquals(LedgerModel.f(1), coded.predict(1));
    Messages.assertSays(assertThrows(IllegalStateException.class, coded::close), "Cannot close");
    coded.close(); // idempotent: once is enough to say so
    assertTrue(coded.close(Duration.ofSeconds(10)));
    Await.until("both to be closed", () -> closed.equals(List.of("two", "one")));
    assertThrows(IllegalStateException.class, () -> f.session.with(one));
    f.checkNothingLeft();
  }

  @Test
  void closing_resourceThatThrows_isToldOnce_whicheverCloseWaited() {
    for (int way = 0; way < 3; way++) {
      Fixture f = Fixture.of(LedgerModel.scalars());
      Predictor<Integer, Long> coded =
          f.session.with(
              CODEC.closing(
                  () -> {
                    throw new IllegalArgumentException("broken");
                  }));
      int told = 0;
      for (int i = 0; i < 4; i++) {
        try {
          if ((way + i) % 2 == 0) {
            coded.close();
          } else {
            assertTrue(coded.close(Duration.ofMinutes(1)));
          }
        } catch (IllegalArgumentException e) {
          told++;
          assertEquals(0, i);
        }
      }
      assertEquals(1, told);
      f.checkNothingLeft();
    }
  }

  /** Decoders that close each other's predictors do not wait for each other. */
  @Test
  void closing_fromInsideAnotherCodec_returns() {
    Executor threads = task -> new Thread(task).start();
    List<Predictor<Integer, Long>> both = new CopyOnWriteArrayList<>();
    CountDownLatch inside = new CountDownLatch(2);
    List<Fixture> fixtures = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      int other = 1 - i;
      Fixture f = Fixture.of(LedgerModel.scalars());
      fixtures.add(f);
      both.add(
          f.session.with(
              Codec.of(
                  Integer.class,
                  id -> LedgerModel.request(id),
                  answer -> {
                    inside.countDown();
                    Await.latch(inside);
                    both.get(other).close();
                    return CODEC.decode(answer);
                  })));
    }
    CallOptions apart = CallOptions.DEFAULT.withExecutor(threads);
    // A call that ends at once is decoded by the thread that submits it, so each has its own.
    List<CompletableFuture<Long>> calls =
        both.stream()
            .map(each -> CompletableFuture.supplyAsync(() -> each.submit(1, apart).join(), threads))
            .toList();
    calls.forEach(call -> assertEquals(LedgerModel.f(1), Await.value(call)));
    fixtures.forEach(Fixture::checkNothingLeft);
  }

  /** A codec that closes its own predictor does not wait for itself. */
  @Test
  void closing_fromInsideTheCodec_returns() {
    AtomicReference<Predictor<Integer, Long>> self = new AtomicReference<>();
    for (boolean owning : new boolean[] {false, true}) {
      Tokenizer tokenizer = new Tokenizer();
      Codec<Integer, Long> codec =
          Codec.of(
              Integer.class,
              tokenizer::encode,
              answer -> {
                self.get().close();
                return CODEC.decode(answer);
              });
      Fixture f = Fixture.of(LedgerModel.scalars());
      self.set(f.session.with(owning ? codec.closing(tokenizer) : codec));
      CompletableFuture<Long> call =
          self.get().submit(1, CallOptions.DEFAULT.withExecutor(task -> new Thread(task).start()));
      assertEquals(LedgerModel.f(1), Await.value(call));
      self.get().close();
      f.checkNothingLeft();
      if (owning) {
        Await.until("the resource to be closed", () -> tokenizer.closes.get() == 1);
      }
    }
  }
}

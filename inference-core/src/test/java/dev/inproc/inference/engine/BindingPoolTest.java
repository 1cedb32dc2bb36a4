package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.BindingPool.PooledBinding;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BindingPoolTest {
  private final ScriptedModel model = LedgerModel.sequences();

  private BindingPool pool(long maxIdleBytes) {
    return new BindingPool(
        model, new Layout(model.signature(), BatchAxis.AUTO), List.of(0, 1), maxIdleBytes);
  }

  private static long[] length(long length) {
    return new long[] {length};
  }

  @Test
  void take_afterGivingBack_isTheSameBinding() {
    BindingPool pool = pool(1 << 20);
    PooledBinding one = pool.take(2, length(5));
    PooledBinding two = pool.take(2, length(5));
    assertNotSame(one, two);
    pool.giveBack(one);
    assertSame(one, pool.take(2, length(5)));
    assertNotSame(one, pool.take(3, length(5)));
    assertNotSame(one, pool.take(2, length(6)));
    assertEquals(4, model.opened());
  }

  @Test
  void take_sizesArrayChangedAfterwards_keepsItsKey() {
    BindingPool pool = pool(1 << 20);
    long[] sizes = {5};
    PooledBinding binding = pool.take(1, sizes);
    sizes[0] = 9;
    pool.giveBack(binding);
    assertSame(binding, pool.take(1, length(5)));
  }

  @Test
  void manyShapes_overTheLimit_oldestAreClosed() {
    long limit = 200_000;
    BindingPool pool = pool(limit);
    for (int length = 1; length <= 500; length++) {
      pool.giveBack(pool.take(1, length(length)));
    }
    assertEquals(500, model.opened());
    assertTrue(
        model.openBindings() < 50, () -> model.openBindings() + " bindings of 4 KiB and more");
    // Bindings and the buffers kept beside them are bounded apart, by the limit each.
    assertTrue(pool.bytes() <= 2 * limit, () -> pool.bytes() + " bytes");
    PooledBinding latest = pool.take(1, length(500));
    assertEquals(500, model.opened(), "the latest is still there");
    pool.giveBack(latest);
    pool.close();
    assertEquals(0, model.openBindings());
    assertEquals(0, pool.bytes());
    assertEquals(List.of(), model.violations());
  }

  @Test
  void limitOfNought_keepsNothing() {
    BindingPool pool = pool(0);
    PooledBinding binding = pool.take(1, length(5));
    pool.giveBack(binding);
    assertEquals(0, model.openBindings());
    assertEquals(0, pool.bytes());
  }

  @Test
  void open_fails_itsBuffersComeBack() {
    BindingPool pool = pool(1 << 20);
    model.failNextOpen(new IllegalStateException("out of device memory"));
    assertThrows(IllegalStateException.class, () -> pool.take(1, length(5)));
    pool.close();
    assertEquals(0, pool.bytes());
    assertEquals(0, model.openBindings());
  }

  @Test
  void discard_aBinding_freesIt() {
    BindingPool pool = pool(1 << 20);
    PooledBinding binding = pool.take(1, length(5));
    pool.discard(binding);
    assertEquals(0, model.openBindings());
    assertNotSame(binding, pool.take(1, length(5)));
    pool.close();
    assertEquals(0, pool.bytes());
  }

  /** I4 under contention: shapes come and go on four threads while evictions sweep. */
  @Test
  void takeAndGiveBack_concurrently_nothingIsSharedOrLost() {
    long seed = System.nanoTime();
    System.out.println("BindingPoolTest seed " + seed);
    SplittableRandom seeds = new SplittableRandom(seed);
    BindingPool pool = pool(60_000);
    AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      SplittableRandom random = seeds.split();
      int me = t + 1;
      threads.add(
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 20_000; i++) {
                    use(pool, random.nextInt(1, 40), me);
                  }
                } catch (Throwable e) {
                  broken.compareAndSet(null, e);
                }
              }));
    }
    threads.forEach(Thread::start);
    threads.forEach(Await::end);
    assertEquals(null, broken.get());
    pool.close();
    assertEquals(0, model.openBindings());
    assertEquals(0, pool.bytes());
    assertEquals(List.of(), model.violations());
  }

  /** Two users of one binding, or of one buffer, would see each other's mark. */
  private static void use(BindingPool pool, int length, int me) {
    PooledBinding binding = pool.take(1, length(length));
    ByteBuffer input = binding.binding().input(0);
    assertEquals(length * 8, input.capacity());
    input.putLong(0, me).putLong(input.capacity() - 8, me);
    Thread.onSpinWait();
    assertEquals(me, input.getLong(0));
    assertEquals(me, input.getLong(input.capacity() - 8));
    binding.binding().clear();
    pool.giveBack(binding);
  }

  @Test
  void buffers_lentAgain_areThoseGivenBack() {
    BufferPool buffers = new BufferPool(1 << 20);
    DirectMemory one = buffers.lend(100);
    assertEquals(128, one.capacity());
    assertEquals(128, buffers.bytes());
    buffers.giveBack(one);
    assertSame(one, buffers.lend(65));
    assertEquals(64, buffers.lend(1).capacity());
    assertEquals(100, BufferPool.cut(one, 100).capacity());
    assertThrows(IndexOutOfBoundsException.class, () -> BufferPool.cut(one, 129));
    buffers.close();
    buffers.giveBack(one);
    assertEquals(64, buffers.bytes(), "one is still lent");
  }
}

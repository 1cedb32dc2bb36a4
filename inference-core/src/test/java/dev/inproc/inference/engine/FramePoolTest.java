package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.FramePool.PooledFrame;
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

class FramePoolTest {
  private final ScriptedModel model = LedgerModel.sequences();

  private FramePool pool(long maxIdleBytes) {
    return new FramePool(
        model, new Layout(model.signature(), BatchAxis.AUTO), List.of(0, 1), maxIdleBytes);
  }

  private static long[] length(long length) {
    return new long[] {length};
  }

  @Test
  void take_afterGivingBack_isTheSameFrame() {
    FramePool pool = pool(1 << 20);
    PooledFrame one = pool.take(2, length(5));
    PooledFrame two = pool.take(2, length(5));
    assertNotSame(one, two);
    pool.giveBack(one);
    assertSame(one, pool.take(2, length(5)));
    assertNotSame(one, pool.take(3, length(5)));
    assertNotSame(one, pool.take(2, length(6)));
    assertEquals(4, model.opened());
  }

  @Test
  void take_sizesArrayChangedAfterwards_keepsItsKey() {
    FramePool pool = pool(1 << 20);
    long[] sizes = {5};
    PooledFrame frame = pool.take(1, sizes);
    sizes[0] = 9;
    pool.giveBack(frame);
    assertSame(frame, pool.take(1, length(5)));
  }

  @Test
  void manyShapes_overTheLimit_oldestAreClosed() {
    long limit = 200_000;
    FramePool pool = pool(limit);
    for (int length = 1; length <= 500; length++) {
      pool.giveBack(pool.take(1, length(length)));
    }
    assertEquals(500, model.opened());
    assertTrue(model.openFrames() < 50, () -> model.openFrames() + " frames of 4 KiB and more");
    // Frames and the buffers kept beside them are bounded apart, by the limit each.
    assertTrue(pool.bytes() <= 2 * limit, () -> pool.bytes() + " bytes");
    PooledFrame latest = pool.take(1, length(500));
    assertEquals(500, model.opened(), "the latest is still there");
    pool.giveBack(latest);
    pool.close();
    assertEquals(0, model.openFrames());
    assertEquals(0, pool.bytes());
    assertEquals(List.of(), model.violations());
  }

  @Test
  void limitOfNought_keepsNothing() {
    FramePool pool = pool(0);
    PooledFrame frame = pool.take(1, length(5));
    pool.giveBack(frame);
    assertEquals(0, model.openFrames());
    assertEquals(0, pool.bytes());
  }

  @Test
  void open_fails_itsBuffersComeBack() {
    FramePool pool = pool(1 << 20);
    model.failNextOpen(new IllegalStateException("out of device memory"));
    assertThrows(IllegalStateException.class, () -> pool.take(1, length(5)));
    pool.close();
    assertEquals(0, pool.bytes());
    assertEquals(0, model.openFrames());
  }

  @Test
  void discard_aFrame_freesIt() {
    FramePool pool = pool(1 << 20);
    PooledFrame frame = pool.take(1, length(5));
    pool.discard(frame);
    assertEquals(0, model.openFrames());
    assertNotSame(frame, pool.take(1, length(5)));
    pool.close();
    assertEquals(0, pool.bytes());
  }

  /** I4 under contention: shapes come and go on four threads while evictions sweep. */
  @Test
  void takeAndGiveBack_concurrently_nothingIsSharedOrLost() {
    long seed = System.nanoTime();
    System.out.println("FramePoolTest seed " + seed);
    SplittableRandom seeds = new SplittableRandom(seed);
    FramePool pool = pool(60_000);
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
    assertEquals(0, model.openFrames());
    assertEquals(0, pool.bytes());
    assertEquals(List.of(), model.violations());
  }

  /** Two users of one frame, or of one buffer, would see each other's mark. */
  private static void use(FramePool pool, int length, int me) {
    PooledFrame frame = pool.take(1, length(length));
    ByteBuffer input = frame.frame().input(0);
    assertEquals(length * 8, input.capacity());
    input.putLong(0, me).putLong(input.capacity() - 8, me);
    Thread.onSpinWait();
    assertEquals(me, input.getLong(0));
    assertEquals(me, input.getLong(input.capacity() - 8));
    frame.frame().clear();
    pool.giveBack(frame);
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

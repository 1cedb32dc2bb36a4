package dev.inproc.benchmarks;

import java.util.function.IntConsumer;

/** One thread that has all its calls in memory and makes them in lists of a fixed size. */
final class ListCaller implements Callers {
  private final IntConsumer list;
  private final int size;

  ListCaller(IntConsumer list, int size) {
    this.list = list;
    this.size = size;
  }

  @Override
  public long call(int calls) {
    long made = 0;
    while (made < calls) {
      list.accept(size);
      made += size;
    }
    return made;
  }

  @Override
  public long rest() {
    return 0;
  }

  @Override
  public void close() {}
}

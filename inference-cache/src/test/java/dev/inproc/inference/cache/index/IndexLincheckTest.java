package dev.inproc.inference.cache.index;

import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Insertion, removal and look-up in one scope, in all interleavings that Lincheck finds: a look-up
 * finds an entry if and only if a register of entries would hold it, whatever moves, grows, shrinks
 * and vanishes beside it.
 */
@Param(name = "id", gen = IntGen.class, conf = "0:2")
@EnabledIfSystemProperty(
    named = "inproc.lincheck",
    matches = "true",
    disabledReason = "the model checker runs under -Plincheck")
public class IndexLincheckTest {
  private static final int IDS = 3;
  private static final int SCALE = Integer.getInteger("inproc.lincheck.scale", 1);

  private final NearestIndex<Integer> index = new NearestIndex<>(2, 1);
  private final List<Query> queries = new ArrayList<>();
  private final List<Stored<Integer>> first = new ArrayList<>();

  /** Each entry is there once. */
  public IndexLincheckTest() {
    for (int id = 0; id < IDS; id++) {
      queries.add(index.query(new float[] {id, 1}));
      first.add(index.insert("one", queries.get(id), id));
    }
  }

  @Operation
  public void insert(@Param(name = "id") int id) {
    index.insert("one", queries.get(id), id);
  }

  @Operation
  public boolean remove(@Param(name = "id") int id) {
    return index.remove(first.get(id));
  }

  @Operation
  public boolean find(@Param(name = "id") int id) {
    for (Neighbour<Integer> found : index.nearest("one", queries.get(id), 9)) {
      if (found.entry() == id) {
        return true;
      }
    }
    return false;
  }

  /** What it must look like. */
  public static class Specification {
    private final boolean[] first = {true, true, true};
    private final boolean[] more = new boolean[IDS];

    public void insert(int id) {
      more[id] = true;
    }

    public boolean remove(int id) {
      boolean was = first[id];
      first[id] = false;
      return was;
    }

    public boolean find(int id) {
      return first[id] || more[id];
    }
  }

  @Test
  void oneScope_modelChecked_isARegister() {
    new ModelCheckingOptions()
        .sequentialSpecification(Specification.class)
        .iterations(8 * SCALE)
        .invocationsPerIteration(1_000)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(2)
        .check(IndexLincheckTest.class);
  }
}

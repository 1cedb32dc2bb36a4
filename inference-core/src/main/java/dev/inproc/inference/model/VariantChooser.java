package dev.inproc.inference.model;

import dev.inproc.inference.engine.Device;
import java.util.List;
import java.util.Optional;

/**
 * Decides which of a version's {@link Manifest#variants} serves on a device. An engine's module
 * implements it, since it reads the files. Thread-safe.
 */
public interface VariantChooser {
  /** What matters most. */
  enum Wish {
    /** The least time, as far as it is known without running the model. */
    ESTIMATED_FASTEST,
    /** The fewest bytes. */
    SMALLEST,
    /** The most precise one. */
    EXACT
  }

  /**
   * What was chosen.
   *
   * @param variant one of the version's, or nothing if none can serve
   * @param reasons in words and in order, what was considered and why it was taken or not
   */
  record Choice(Optional<Manifest.Variant> variant, List<String> reasons) {
    /** Copies the list. */
    public Choice {
      reasons = List.copyOf(reasons);
    }
  }

  /** Chooses among the variants of a version that has some. Reads files. */
  Choice choose(ModelVersion version, Device device, Wish wish);
}

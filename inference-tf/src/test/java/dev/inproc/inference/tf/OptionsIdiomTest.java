package dev.inproc.inference.tf;

import dev.inproc.inference.testing.OptionsIdiom;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The options of this module, by the idiom of all options. */
class OptionsIdiomTest {
  private static TensorFlowOptions.Builder tensorFlow() {
    return TensorFlowOptions.builder();
  }

  static Stream<OptionsIdiom<?>> all() {
    return Stream.of(
        new OptionsIdiom<>(
            TensorFlowOptions.class,
            TensorFlowOptions.class,
            () -> tensorFlow().build(),
            Map.of(
                "signature", () -> tensorFlow().signature("other").build(),
                "tags", () -> tensorFlow().tags("serve", "gpu", "tpu").build(),
                "xla", () -> tensorFlow().xla(true).build(),
                "trusted", () -> tensorFlow().trusted(true).build(),
                "operatorLibraries", () -> tensorFlow().operatorLibrary(Path.of("ops.so")).build(),
                "maxGraphBytes", () -> tensorFlow().maxGraphBytes(7).build(),
                "servingWarmUp", () -> tensorFlow().servingWarmUp(false).build()),
            Set.of(),
            Set.of()));
  }

  @ParameterizedTest
  @MethodSource("all")
  void options_followTheIdiom(OptionsIdiom<?> options) throws ReflectiveOperationException {
    options.check();
  }
}

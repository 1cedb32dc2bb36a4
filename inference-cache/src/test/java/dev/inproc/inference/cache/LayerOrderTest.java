package dev.inproc.inference.cache;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** Layers in an order that cannot work: the guide's words for the compiler's, and the way out. */
class LayerOrderTest {
  private static final String BEFORE =
      """
      import dev.inproc.inference.*;
      import dev.inproc.inference.batch.*;
      import dev.inproc.inference.cache.*;
      import dev.inproc.inference.engine.*;
      import dev.inproc.inference.tensor.*;
      class Chain {
        record Payment(float[] features) {}
        static Tensors x(float[] features) { return Tensors.of("x", Tensor.of(features)); }
        static void chain(Session session, Codec<Payment, Float> codec, Caching caching) {
          var chain =
      """;

  private record Source(String text) {
    /** Returns what the compiler says; empty if nothing. */
    String errors() throws IOException {
      JavaFileObject file =
          new SimpleJavaFileObject(URI.create("string:///Chain.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreErrors) {
              return BEFORE + text + ";\n  }\n}\n";
            }
          };
      JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
      StringWriter said = new StringWriter();
      List<String> options =
          List.of("-nowarn", "-proc:none", "-cp", System.getProperty("java.class.path"));
      try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
        JavacTask task =
            (JavacTask) compiler.getTask(said, files, null, options, null, List.of(file));
        task.setLocale(Locale.ENGLISH);
        task.analyze(); // writes no class file
      }
      return said.toString();
    }
  }

  private static void assertSaysAndIsMended(String wrong, String right, String... says)
      throws IOException {
    String errors = new Source(wrong).errors();
    assertFalse(errors.isEmpty(), wrong);
    assertSays(errors, says);
    assertEquals("", new Source(right).errors(), right);
  }

  @Test
  void chains_inAnImpossibleOrder_doNotCompileAsTheGuideSays() throws IOException {
    String right = "session.with(Batching.upTo(32)).with(codec).with(caching)";
    for (String wrong :
        List.of(
            "session.with(caching).with(Batching.upTo(32))",
            "session.with(codec).with(Batching.upTo(32))",
            "session.with(Batching.upTo(4)).with(Batching.upTo(32))")) {
      assertSaysAndIsMended(wrong, right, "Batching cannot be converted to Decorator");
    }
    assertSaysAndIsMended(
        "session.with(Codec.of(tx -> x(tx.features()), out -> 1f)).with(caching)",
        "session.with(Codec.of(Payment.class, tx -> x(tx.features()), out -> 1f)).with(caching)",
        "cannot find symbol",
        "variable tx of type Object");
    assertSaysAndIsMended(
        "session.with(Batching.upTo(32)).outputs(\"logits\")",
        "session.outputs(\"logits\").with(Batching.upTo(32))",
        "cannot find symbol",
        "method outputs(String)",
        "interface Predictor");
    assertSaysAndIsMended(
        "session.with(Batching.upTo(32)).metrics()",
        right + ".find(BatchingStats.class).orElseThrow().metrics()",
        "cannot find symbol",
        "method metrics()",
        "interface Predictor");
  }
}

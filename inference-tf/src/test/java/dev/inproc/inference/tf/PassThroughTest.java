package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Messages;
import dev.inproc.inference.testing.SentinelEngine;
import dev.inproc.inference.tf.testing.GraphWriter;
import dev.inproc.inference.tf.testing.SavedModels;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** Outputs that are inputs, and outputs that are one tensor: TensorFlow fetches none it is fed. */
class PassThroughTest {
  private static final DataType FLOAT = DataType.DT_FLOAT;
  private static final SessionOptions UNPROBED =
      SessionOptions.builder().integrity(IntegrityOptions.skip()).build();

  @TempDir Path directory;

  private Session load(GraphWriter model) {
    ModelSource source = ModelSource.file(model.write(directory.resolve("model")));
    return new SentinelEngine(new TensorFlowEngine()).load(source, UNPROBED);
  }

  private static GraphWriter negative() {
    return new GraphWriter()
        .input("x", FLOAT, -1, -1)
        .node("Neg", "minus", "x", GraphWriter.type("T", FLOAT))
        .describe("y", "minus:0", FLOAT, -1, -1);
  }

  private static Tensors x(float... values) {
    return Tensors.of("x", Tensor.of(values));
  }

  private static void assertAnswers(Tensors answer, String output, float... expected) {
    assertArrayEquals(expected, answer.get(output).toFloats(), output);
  }

  @Test
  void output_ofAnotherNameThanTheInput_isTheInput() {
    GraphWriter model =
        negative()
            .describe("short", "x", FLOAT, -1, -1)
            .describe("long", "x:0", FLOAT, -1, -1)
            .signature("serving_default", "x", "long y short");
    try (Session session = load(model)) {
      for (int i = 1; i < 20; i++) {
        Tensors answer = session.predict(x(i, 2 * i));
        assertAnswers(answer, "y", -i, -2 * i);
        assertAnswers(answer, "short", i, 2 * i);
        assertAnswers(answer, "long", i, 2 * i);
        List<Tensors> two = session.predictAll(List.of(x(1, i), x(2, i)));
        assertAnswers(two.get(1), "short", 2, i);
        assertAnswers(session.outputs("long", "y").predict(x(3, i)), "long", 3, i);
      }
    }
  }

  @Test
  void outputs_thatAreOneTensor_areEachAnswered() {
    GraphWriter model =
        negative().describe("z", "minus:0", FLOAT, -1, -1).signature("serving_default", "x", "y z");
    try (Session session = load(model)) {
      Tensors answer = session.predict(x(1, 2));
      assertAnswers(answer, "y", -1, -2);
      assertAnswers(answer, "z", -1, -2);
    }
  }

  /** Of no rank: the shape is the call's own. */
  @Test
  void output_ofAnyShape_hasTheInputsShape() {
    GraphWriter model =
        new GraphWriter().input("x", FLOAT, (long[]) null).signature("serving_default", "x", "x");
    try (Session session = load(model)) {
      Tensors input = Tensors.of("x", Tensor.of(Shape.of(2, 1, 2), 1f, 2f, 3f, 4f));
      assertEquals(input, session.predict(input));
    }
  }

  /** Each run of such a model gets a copy of its inputs, which a variable may keep. */
  @Test
  void output_ofAModelThatKeepsInputs_isThisRunsInput() {
    GraphWriter model = SavedModels.remember().signature("serving_default", "x", "last stored x");
    ModelSource source = ModelSource.file(model.write(directory.resolve("model")));
    try (Session session = new TensorFlowEngine().load(source, UNPROBED)) {
      for (int i = 1; i < 20; i++) {
        session.outputs("stored").predict(x(i, i));
        Tensors answer = session.outputs("last", "x").predict(x(-i, 7));
        assertAnswers(answer, "last", i, i);
        assertAnswers(answer, "x", -i, 7);
        assertAnswers(session.outputs("x").predict(x(5, -i)), "x", 5, -i);
      }
    }
  }

  @Test
  void output_ofAnotherTypeThanTheInput_failsAndSaysSo() {
    GraphWriter model =
        negative()
            .describe("lie", "x:0", DataType.DT_INT32, -1, -1)
            .signature("serving_default", "x", "lie y");
    try (Session session = load(model)) {
      EngineException failure = assertThrows(EngineException.class, () -> session.predict(x(1, 2)));
      Messages.assertSays(failure, "lie", "type 1");
    }
  }
}

package dev.inproc.inference.tf;

import static dev.inproc.inference.testing.Messages.assertSays;
import static dev.inproc.inference.tf.testing.GraphWriter.function;
import static dev.inproc.inference.tf.testing.GraphWriter.make;
import static dev.inproc.inference.tf.testing.GraphWriter.number;
import static dev.inproc.inference.tf.testing.GraphWriter.shape;
import static dev.inproc.inference.tf.testing.GraphWriter.text;
import static dev.inproc.inference.tf.testing.GraphWriter.type;
import static dev.inproc.inference.tf.testing.GraphWriter.types;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.GraphWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** Loading leaves no trace in SavedModels that keep state. */
class StatefulSavedModelsTest {
  private static final DataType FLOAT = DataType.DT_FLOAT;
  private static final IntegrityOptions PATIENT =
      IntegrityOptions.DEFAULT.withTimeLimit(Duration.ofMinutes(1));

  @TempDir Path directory;

  private static GraphWriter start() {
    return new GraphWriter()
        .input("x", FLOAT, -1)
        .floats("first", new float[] {0})
        .floats("one", new float[] {1})
        .node(
            "VarHandleOp",
            "variable",
            "",
            type("dtype", FLOAT),
            shape("shape"),
            text("shared_name", "sum"))
        .node("AssignVariableOp", "init", "variable first", type("dtype", FLOAT))
        .describe("__saved_model_init_op", "init", DataType.DT_INVALID, (long[]) null)
        .signature("__saved_model_init_op", "", "__saved_model_init_op");
  }

  private static GraphWriter end(GraphWriter graph) {
    return graph.describe("y", "y:0", FLOAT, -1).signature("serving_default", "x", "y");
  }

  /** x to y, x plus all that was given before, this run included. */
  private static GraphWriter runningSum() {
    return end(
        start()
            .ints("along", 0)
            .node("Sum", "given", "x along", type("T", FLOAT), type("Tidx", DataType.DT_INT32))
            .node("AssignAddVariableOp", "add", "variable given", type("dtype", FLOAT))
            .node("ReadVariableOp", "sum", "variable ^add", type("dtype", FLOAT))
            .node("AddV2", "y", "x sum", type("T", FLOAT)));
  }

  /** The same in a function. */
  private static GraphWriter runningSumInFunction() {
    return end(
        start()
            .function(
                "step",
                "v:DT_RESOURCE x:DT_FLOAT",
                "y:DT_FLOAT=add:z:0",
                make(
                    "Const",
                    "along",
                    "",
                    type("dtype", DataType.DT_INT32),
                    GraphWriter.value(GraphWriter.intTensor(0))),
                make(
                    "Sum",
                    "given",
                    "x along:output:0",
                    type("T", FLOAT),
                    type("Tidx", DataType.DT_INT32)),
                make("AssignAddVariableOp", "assign", "v given:output:0", type("dtype", FLOAT)),
                make("ReadVariableOp", "read", "v ^assign", type("dtype", FLOAT)),
                make("AddV2", "add", "x read:value:0", type("T", FLOAT)))
            .node(
                "StatefulPartitionedCall",
                "y",
                "variable x",
                types("Tin", DataType.DT_RESOURCE, FLOAT),
                types("Tout", FLOAT),
                function("f", "step")));
  }

  /** x to y, x plus a variable that nothing writes: no state. */
  private static GraphWriter readOnly() {
    return end(
        start()
            .node("ReadVariableOp", "read", "variable", type("dtype", FLOAT))
            .node("AddV2", "y", "x read", type("T", FLOAT)));
  }

  private static GraphWriter noisy() {
    return end(
        start()
            .node("Shape", "size", "x", type("T", FLOAT), type("out_type", DataType.DT_INT32))
            .node(
                "RandomUniform",
                "noise",
                "size",
                type("dtype", FLOAT),
                type("T", DataType.DT_INT32),
                number("seed", 0),
                number("seed2", 0))
            .node("AddV2", "y", "x noise", type("T", FLOAT)));
  }

  private static Tensors x(float value) {
    return Tensors.of("x", Tensor.of(dev.inproc.inference.tensor.Shape.scalar(), value));
  }

  private static float answer(Session session, float value) {
    return session.predict(x(value)).only().getFloat(0);
  }

  private Session load(GraphWriter model, SessionOptions.Builder options) {
    ModelSource source = ModelSource.file(model.write(directory.resolve("model")));
    return new TensorFlowEngine().load(source, options.build());
  }

  @Test
  void runningSum_loadedAndWarmedUp_startsFromNothing() {
    for (GraphWriter model : List.of(runningSum(), runningSumInFunction())) {
      for (SessionOptions.Builder options :
          List.of(
              SessionOptions.builder().integrity(PATIENT),
              SessionOptions.builder().integrity(PATIENT).warmUp(1, 4),
              SessionOptions.builder().integrity(PATIENT).warmUp(x(Float.NaN), 2),
              SessionOptions.builder().integrity(IntegrityOptions.skip()).warmUp(2))) {
        try (Session session = load(model, options);
            Session other = load(model, options)) {
          assertTrue(session.integrity().keepsState() && session.keepsState());
          assertFalse(session.integrity().allowsBatching());
          assertSays(session.integrity().toString(), "keeps state", "withStateIgnored");
          assertEquals(2 + 2, answer(session, 2));
          assertEquals(3 + 5, answer(session, 3));
          assertEquals(4 + 4, answer(other, 4), "a session of its own");
          List<Tensors> both = session.predictAll(List.of(x(1), x(2)));
          assertEquals(1 + 6, both.get(0).only().getFloat(0));
          assertEquals(2 + 8, both.get(1).only().getFloat(0));
        }
      }
    }
  }

  /** Not read for harm, so what is unknown of it is found by its answers. */
  @Test
  void readOnlyVariable_isNoState_andIsBatched() {
    try (Session session = load(readOnly(), SessionOptions.builder().integrity(PATIENT))) {
      assertFalse(session.integrity().keepsState() || session.keepsState());
      assertTrue(session.integrity().allowsBatching(), session.integrity().toString());
    }
  }

  @Test
  void noise_isCalledRandom() {
    try (Session session = load(noisy(), SessionOptions.builder().integrity(PATIENT))) {
      assertTrue(session.integrity().isRandom(), session.integrity().toString());
      assertFalse(session.integrity().keepsState());
      assertFalse(session.integrity().allowsBatching());
    }
  }

  @Test
  void operators_tellState() {
    for (String each :
        List.of(
            "Assign",
            "AssignVariableOp",
            "AssignAddVariableOp",
            "ResourceScatterNdUpdate",
            "ScatterNdAdd",
            "ResourceApplyAdam",
            "LookupTableInsertV2",
            "StatefulUniform",
            "RngReadAndSkip",
            "QueueEnqueueV2")) {
      assertEquals(
          dev.inproc.inference.spi.Statefulness.CERTAIN,
          Operators.statefulness(java.util.Set.of("Add", each)),
          each);
    }
    for (String each :
        List.of(
            "ScatterNd",
            "TensorScatterUpdate",
            "TensorListPushBack",
            "ReadVariableOp",
            "VarHandleOp",
            "LookupTableFindV2",
            "StatelessRandomUniform",
            "StatefulPartitionedCall")) {
      assertEquals(
          dev.inproc.inference.spi.Statefulness.NONE,
          Operators.statefulness(java.util.Set.of("Add", each)),
          each);
    }
  }
}

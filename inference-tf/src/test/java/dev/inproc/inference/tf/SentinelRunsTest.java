package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.testing.MadeUp;
import dev.inproc.inference.testing.Messages;
import dev.inproc.inference.testing.SentinelEngine;
import dev.inproc.inference.tf.testing.GraphWriter;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every model of the tests with each run made twice over memory that held different patterns. */
class SentinelRunsTest {
  private static final org.tensorflow.proto.DataType FLOAT = org.tensorflow.proto.DataType.DT_FLOAT;
  private static final SessionOptions UNPROBED =
      SessionOptions.builder().integrity(IntegrityOptions.skip()).build();

  /** What cannot be cut into examples, and so is run whole. */
  private static final Set<String> WHOLE = Set.of("scalarOutput", "dataDependent", "anyShape");

  @TempDir Path directory;

  private static Map<String, GraphWriter> models() {
    Map<String, GraphWriter> models = new TreeMap<>();
    models.put("tinyMlp", SavedModels.tinyMlp());
    models.put("fixedBatch", SavedModels.fixedBatch(4));
    models.put("gather", SavedModels.gather());
    models.put("maskedMean", SavedModels.maskedMean());
    models.put("ledger", SavedModels.ledger());
    models.put("identity", SavedModels.identity(DataType.FLOAT64));
    models.put("passThrough", SavedModels.passThrough());
    models.put("stringLabels", SavedModels.stringLabels());
    models.put("slow", SavedModels.slow());
    models.put("noBatchAxis", SavedModels.noBatchAxis());
    models.put("scalarOutput", SavedModels.scalarOutput());
    models.put("twoInputs", SavedModels.twoInputs());
    models.put("dataDependent", SavedModels.dataDependent());
    models.put("anyShape", SavedModels.anyShape());
    models.put("keyCache", SavedModels.keyCache());
    models.put("namesakes", SavedModels.namesakes());
    models.put("scores", SavedModels.scores());
    models.put("unusedInput", SavedModels.unusedInput());
    models.put("centred", SavedModels.centred());
    models.put("leakyMean", SavedModels.leakyMean());
    models.put("twoSignatures", SavedModels.twoSignatures());
    models.put("remember", SavedModels.remember());
    return models;
  }

  private static Session load(Path model, SessionOptions options) {
    return new SentinelEngine(new TensorFlowEngine()).load(ModelSource.file(model), options);
  }

  @Test
  void models_areAllNamed() {
    Set<String> all = new TreeSet<>();
    for (Method method : SavedModels.class.getMethods()) {
      if (Modifier.isStatic(method.getModifiers()) && method.getReturnType() == GraphWriter.class) {
        all.add(method.getName());
      }
    }
    assertEquals(all, models().keySet());
  }

  @Test
  void models_aloneTogetherAndRaw_answerOfTheRunAlone() {
    models()
        .forEach(
            (name, model) -> {
              SessionOptions options =
                  WHOLE.contains(name)
                      ? UNPROBED.toBuilder().batchAxis(BatchAxis.NONE).build()
                      : UNPROBED;
              try (Session session = load(model.write(directory.resolve(name)), options)) {
                if (name.equals("remember")) { // one run of both has no order
                  MadeUp.runEveryWay(session.outputs("stored"));
                  MadeUp.runEveryWay(session.outputs("last"));
                } else {
                  MadeUp.runEveryWay(session);
                }
              }
            });
  }

  @Test
  void kerasLike_answersOfTheRunAlone() throws IOException {
    Path model = KerasLike.write(directory.resolve("keras"), "file_prefix");
    try (Session session = load(model, UNPROBED)) {
      MadeUp.runEveryWay(session);
    }
  }

  /**
   * The models that cannot be run so. Each must really differ: the list hides none that does not.
   */
  @Test
  void exempt_randomAndCountingModels_differFromRunToRun() {
    GraphWriter random =
        new GraphWriter()
            .input("x", FLOAT, 2)
            .ints("shape", 2, 1)
            .node(
                "RandomStandardNormal",
                "noise",
                "shape",
                GraphWriter.type("T", org.tensorflow.proto.DataType.DT_INT32),
                GraphWriter.type("dtype", FLOAT))
            .node("AddV2", "y", "x noise", GraphWriter.type("T", FLOAT))
            .describe("y", "y:0", FLOAT, 2, 2)
            .signature("serving_default", "x", "y");
    assertDiffers(random, "random");
    GraphWriter counting =
        SavedModels.remember()
            .node("AssignAddVariableOp", "count", "variable x", GraphWriter.type("dtype", FLOAT))
            .node("ReadVariableOp", "after", "variable ^count", GraphWriter.type("dtype", FLOAT))
            .describe("y", "after:0", FLOAT, 2)
            .signature("serving_default", "x", "y");
    assertDiffers(counting, "counting");
  }

  private void assertDiffers(GraphWriter model, String name) {
    try (Session session = load(model.write(directory.resolve(name)), UNPROBED)) {
      EngineException failure =
          assertThrows(EngineException.class, () -> MadeUp.runEveryWay(session));
      Messages.assertSays(failure, "output \"y\"", "random or keeps state");
    }
  }
}

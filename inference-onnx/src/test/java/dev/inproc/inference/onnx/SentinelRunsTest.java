package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.MadeUp;
import dev.inproc.inference.testing.Messages;
import dev.inproc.inference.testing.SentinelEngine;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every model of the tests, and the encoders that real users serve, with each run made twice over
 * memory that held different patterns.
 */
class SentinelRunsTest {
  private static final SessionOptions UNPROBED =
      SessionOptions.builder().integrity(IntegrityOptions.skip()).build();

  /** Of {@link Models}: what no runtime loads. */
  private static final Set<String> NOT_LOADABLE = Set.of("unsupportedOpset", "unknownOperator");

  /** Of {@link Models}: what cannot be cut into examples, and so is run whole. */
  private static final Set<String> WHOLE = Set.of("lyingRows", "scalarOutput", "dataDependent");

  private static Map<String, byte[]> models() {
    Map<String, byte[]> models = new TreeMap<>();
    models.put("tinyMlp", Models.tinyMlp());
    models.put("mlp", Models.mlp(5, 3, 2));
    models.put("convNet", Models.convNet());
    models.put("slow", Models.slow(16, 4));
    models.put("loop", Models.loop(16));
    models.put("ledger", Models.ledger());
    models.put("gather", Models.gather(50, 8));
    models.put("maskedMean", Models.maskedMean(50, 8));
    models.put("leakyMean", Models.leakyMean(50, 8));
    models.put("identity", Models.identity(DataType.DOUBLE_VALUE));
    models.put("passThrough", Models.passThrough());
    models.put("fixedBatch", Models.fixedBatch(4));
    models.put("unnamedBatch", Models.unnamedBatch());
    models.put("columns", Models.columns(9));
    models.put("noBatchAxis", Models.noBatchAxis());
    models.put("twoAxes", Models.twoAxes());
    models.put("twoInputs", Models.twoInputs());
    models.put("scalarOutput", Models.scalarOutput());
    models.put("lyingShape", Models.lyingShape());
    models.put("lyingRows", Models.lyingRows());
    models.put("dataDependent", Models.dataDependent());
    models.put("anyShape", Models.anyShape());
    models.put("withMetadata", Models.withMetadata(Map.of("key", "value")));
    models.put("stringLabels", Models.stringLabels());
    models.put("treeEnsemble", Models.treeEnsemble(true, true));
    models.put("linearClassifierZipMap", Models.linearClassifierZipMap());
    models.put("treeRegressor", Models.treeRegressor());
    return models;
  }

  private static Session load(String name, byte[] model, SessionOptions options) {
    return new SentinelEngine(new OnnxEngine()).load(ModelSource.bytes(name, model), options);
  }

  @Test
  void models_areAllNamed() {
    Set<String> written = new TreeSet<>(NOT_LOADABLE);
    written.addAll(models().keySet());
    Set<String> all = new TreeSet<>();
    for (Method method : Models.class.getMethods()) {
      if (Modifier.isStatic(method.getModifiers()) && method.getReturnType() == byte[].class) {
        all.add(method.getName());
      }
    }
    assertEquals(all, written);
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
              try (Session session = load(name, model, options)) {
                MadeUp.runEveryWay(session);
              }
            });
  }

  @Test
  void treeEnsembles_inEveryForm_answerOfTheRunAlone() {
    for (boolean zipMap : new boolean[] {false, true}) {
      for (boolean strings : new boolean[] {false, true}) {
        try (Session session = load("trees", Models.treeEnsemble(zipMap, strings), UNPROBED)) {
          MadeUp.runEveryWay(session);
        }
      }
    }
  }

  @Test
  void externalData_answersOfTheRunAlone(@TempDir Path directory) throws Exception {
    ModelSource source = ModelSource.file(Models.externalData(directory, "weights.bin"));
    try (Session session = new SentinelEngine(new OnnxEngine()).load(source, UNPROBED)) {
      MadeUp.runEveryWay(session);
    }
  }

  /** Its answer depends on each padded element: those hold the pad value, not an earlier text. */
  @Test
  void leakyMean_padded_answersOfPadValuesAlone() {
    SessionOptions padded = UNPROBED.toBuilder().pad("input_ids", 1).build();
    try (Session session = load("leaky", Models.leakyMean(50, 8), padded)) {
      for (int first = 0; first < 4; first++) {
        long[] longer = ids(first, 20);
        long[] shorter = ids(first + 4, 19);
        List<Tensors> answers =
            session.predictAll(
                List.of(
                    Tensors.of("input_ids", Tensor.of(shorter)),
                    Tensors.of("input_ids", Tensor.of(longer))));
        long[] filled = Arrays.copyOf(shorter, 20);
        filled[19] = 1;
        assertMean(filled, answers.get(0));
        assertMean(longer, answers.get(1));
      }
    }
  }

  private static long[] ids(int first, int length) {
    long[] ids = new long[length];
    Arrays.setAll(ids, i -> (first + 3L * i) % 50);
    return ids;
  }

  private static void assertMean(long[] ids, Tensors answer) {
    assertArrayEquals(Models.leakyMeanReference(50, 8, ids), answer.get("mean").toFloats(), 1e-6f);
  }

  /** FP32, and the INT8 form whose answers depend on batch-mates: one run is still like another. */
  @Test
  void miniLm_alonePaddedAndRaw_answersOfTheRunAlone() {
    SessionOptions padded =
        UNPROBED.toBuilder()
            .pad("input_ids", 0)
            .pad("attention_mask", 0)
            .pad("token_type_ids", 0)
            .build();
    for (String name : new String[] {"all-minilm-l6-v2.onnx", "all-minilm-l6-v2-q.onnx"}) {
      ModelSource source = ModelSource.resource(getClass().getClassLoader(), name);
      try (Session session = new SentinelEngine(new OnnxEngine()).load(source, padded)) {
        List<Tensors> texts = new ArrayList<>();
        for (int length : new int[] {21, 20, 19, 21}) {
          texts.add(text(length));
        }
        session.predict(texts.get(0));
        session.predictAll(texts);
      }
    }
  }

  private static Tensors text(int length) {
    long[] ids = new long[length];
    long[] mask = new long[length];
    Arrays.setAll(ids, i -> 2000 + 7L * i + length);
    Arrays.fill(mask, 1);
    return Tensors.of(
        "input_ids", Tensor.of(ids),
        "attention_mask", Tensor.of(mask),
        "token_type_ids", Tensor.of(new long[length]));
  }

  /**
   * The models that cannot be run so. Each must really differ: the list hides none that does not.
   */
  @Test
  void exempt_randomModels_differFromRunToRun() {
    GraphBuilder random =
        new GraphBuilder("random")
            .input("x", DataType.FLOAT_VALUE, "batch,n")
            .output("y", DataType.FLOAT_VALUE, "batch,n")
            .node("RandomUniformLike", "x -> noise")
            .node("Add", "x noise -> y");
    try (Session session = load("random", random.build(), UNPROBED)) {
      EngineException failure =
          assertThrows(EngineException.class, () -> MadeUp.runEveryWay(session));
      Messages.assertSays(failure, "output \"y\"", "random or keeps state");
    }
  }
}

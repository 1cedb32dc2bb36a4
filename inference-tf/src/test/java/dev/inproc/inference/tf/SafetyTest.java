package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.EvilModels;
import dev.inproc.inference.tf.testing.GraphWriter;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.TensorFlow;
import org.tensorflow.proto.OpDef;

class SafetyTest {
  private static final TensorFlowOptions TRUSTED =
      TensorFlowOptions.builder().trusted(true).build();

  @TempDir Path directory;

  private static Session load(Path model, TensorFlowOptions options) {
    return new TensorFlowEngine(options).load(ModelSource.file(model));
  }

  private String refusal(GraphWriter model) {
    Path path = model.write(directory.resolve("model"));
    return assertThrows(ModelLoadException.class, () -> load(path, TensorFlowOptions.DEFAULT))
        .getMessage();
  }

  static Stream<Arguments> readers() {
    return Stream.of(
        Arguments.of("node \"read\" reads", EvilModels.readFile()),
        Arguments.of("function reader", EvilModels.readFileInFunction()),
        Arguments.of("function reader", EvilModels.readFileInNestedFunction()),
        Arguments.of("function Identity2", EvilModels.readFileInFunctionAsOperator()),
        Arguments.of("function reader", EvilModels.readFileInBranch()));
  }

  @ParameterizedTest
  @MethodSource("readers")
  void load_fileReader_isRefusedUnlessTrusted(String where, GraphWriter model) throws IOException {
    String message = refusal(model);
    assertTrue(message.contains("operator ReadFile of node \"read\""), message);
    assertTrue(message.contains(where), message);
    assertTrue(message.contains("trusted(true)"), message);
    // The model is no straw man: trusted, it reads the file.
    Path secret = Files.writeString(directory.resolve("secret"), "the secret");
    try (Session session = load(directory.resolve("model"), TRUSTED)) {
      Tensors input = Tensors.of("x", Tensor.of(Shape.scalar(), secret.toString()));
      assertEquals("the secret", session.predict(input).get("y").getString(0));
    }
  }

  @Test
  void load_functionThatNothingCalls_isScannedToo() {
    assertTrue(refusal(EvilModels.readFileUncalled()).contains("function reader"));
  }

  @Test
  void load_writers_areRefusedBeforeAnythingIsWritten() throws IOException {
    String target = directory.resolve("written").toString();
    assertTrue(refusal(EvilModels.writeFile(target)).contains("WriteFile"));
    assertTrue(refusal(EvilModels.writeFileAtLoad(target)).contains("WriteFile"));
    assertFalse(Files.exists(directory.resolve("written")));
    // Once more, no straw man: to load it is enough.
    load(directory.resolve("model"), TRUSTED).close();
    assertTrue(Files.exists(directory.resolve("written")));
  }

  @Test
  void load_checkpointsOfItsOwnChoice_areRefused() {
    String target = directory.resolve("checkpoint").toString();
    assertTrue(refusal(EvilModels.saveWhenRestoring(target)).contains("SaveV2"));
    assertTrue(refusal(EvilModels.restoreElsewhere(target)).contains("RestoreV2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PyFunc",
        "EagerPyFunc",
        "PyFuncStateless",
        "MatchingFiles",
        "TextLineReaderV2",
        "TFRecordDataset",
        "ImmutableConst",
        "InitializeTableFromTextFileV2",
        "DebugIdentityV3",
        "RpcCall",
        "_Send",
        "Abort",
        "RemoteCall",
        "SaveV2",
        "RestoreV2",
        "LoadAndRemapMatrix",
        "DumpTensor",
        "CollectiveReduceV2",
        "TfLiteSubgraphExecute",
        "SomethingNew",
        ""
      })
  void load_dangerousOrUnknownOperator_isRefusedByName(String operator) {
    String message = refusal(EvilModels.with(GraphWriter.make(operator, "odd", "x")));
    assertTrue(message.contains("operator " + operator + " of node \"odd\""), message);
  }

  @Test
  void load_printToAFile_isRefusedAndToStandardErrorIsNot() {
    GraphWriter.Attr file = GraphWriter.text("output_stream", "file:///tmp/inproc");
    String message = refusal(EvilModels.with(GraphWriter.make("PrintV2", "print", "x", file)));
    assertTrue(message.contains("prints to file:///tmp/inproc"), message);
    GraphWriter harmless =
        EvilModels.with(GraphWriter.string("text", "hello"))
            .node("PrintV2", "print", "text", GraphWriter.text("output_stream", "stderr"));
    load(harmless.write(directory.resolve("model")), TensorFlowOptions.DEFAULT).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../secret", "/etc/passwd", "a/../../b", "", "..\\secret"})
  void load_assetOutsideTheModel_isRefused(String file) {
    GraphWriter model = SavedModels.tinyMlp().add(GraphWriter.string("asset", "x"));
    model
        .meta()
        .addAssetFileDefBuilder()
        .setFilename(file)
        .getTensorInfoBuilder()
        .setName("asset:0");
    assertTrue(refusal(model).contains("outside the model"));
  }

  /** A function's attribute may be what its caller says, and the print op's says where to. */
  @Test
  void load_printWhereTheCallerSays_isRefused() throws IOException {
    Path target = directory.resolve("printed");
    String message = refusal(EvilModels.printWhereTheCallerSays("file://" + target));
    assertTrue(message.contains("prints to what the caller says"), message);
    // No straw man: trusted, it does.
    try (Session session = load(directory.resolve("model"), TRUSTED)) {
      session.predict(Tensors.of("x", Tensor.of(Shape.scalar(), "hello")));
    }
    assertEquals("hello", Files.readString(target).strip());
  }

  /** An update of TensorFlow brings new operators: look at each before it joins the list. */
  @Test
  void operators_thatTheRuntimeRegisters_areAllowedOrRefusedKnowingly() {
    NativeLibrary.load("test");
    Set<String> registered = new TreeSet<>();
    int harmless = 0;
    for (OpDef each : TensorFlow.registeredOpList().getOpList()) {
      registered.add(each.getName());
      harmless += Operators.isHarmless(each.getName()) ? 1 : 0;
      if (each.getName().matches(".*(File|Reader|PyFunc|Dataset|Save|Restore|Rpc|Send|Recv).*")
          && !each.getName().equals("ShardedFilename")) {
        assertFalse(Operators.isHarmless(each.getName()), each.getName());
      }
    }
    assertEquals(Operators.count(), harmless, "operators.txt lists what is not registered");
    assertTrue(registered.size() > harmless);
  }
}

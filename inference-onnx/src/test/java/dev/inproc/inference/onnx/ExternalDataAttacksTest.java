package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each attack is planted on disk, so that a check left out would load it. */
@Timeout(60)
class ExternalDataAttacksTest {
  private static final float[] ROW = {1, 2, 3, 4};

  @TempDir Path root;
  private Path directory;
  private Path outside;

  @BeforeEach
  void plantASecret() throws IOException {
    directory = Files.createDirectories(root.resolve("models/mine"));
    outside = Files.createDirectories(root.resolve("outside"));
    Path elsewhere = Models.externalData(outside, "secret.bin");
    Files.copy(elsewhere.resolveSibling("secret.bin"), root.resolve("models/secret.bin"));
  }

  /** Fails if the model loads, or if native code sees it before it is refused. */
  private static void assertRefused(String reason, ModelSource source, SessionOptions options) {
    AtomicBoolean handedOn = new AtomicBoolean();
    OnnxEngine engine = new OnnxEngine(OnnxOptions.DEFAULT, () -> handedOn.set(true));
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> engine.load(source, options).close());
    assertTrue(failure.getMessage().contains(reason), failure::getMessage);
    assertTrue(failure.getMessage().contains(source.describe()), failure::getMessage);
    assertFalse(handedOn.get(), "native code saw it: " + failure.getMessage());
  }

  private static void assertRefused(String reason, Path model) {
    assertRefused(reason, ModelSource.file(model), SessionOptions.DEFAULT);
  }

  private static void assertAnswers(ModelSource source) {
    try (Session session = new OnnxEngine().load(source)) {
      assertArrayEquals(
          Models.externalDataReference(ROW),
          session.predict(Tensors.of("x", Tensor.of(ROW))).only().toFloats(),
          1e-5f);
    }
  }

  /** A model whose matrix has these entries of external data; makes no file but its own. */
  private Path model(String... keysAndValues) throws IOException {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(DataType.FLOAT_VALUE)
            .addDims(4)
            .addDims(2)
            .setDataLocation(DataLocation.EXTERNAL);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      tensor.addExternalData(
          StringStringEntryProto.newBuilder()
              .setKey(keysAndValues[i])
              .setValue(keysAndValues[i + 1]));
    }
    byte[] model =
        new GraphBuilder("attack")
            .input("x", DataType.FLOAT_VALUE, "batch,4")
            .output("y", DataType.FLOAT_VALUE, "batch,2")
            .initializer(tensor.build())
            .node("MatMul", "x w -> y")
            .build();
    return Files.write(directory.resolve("model.onnx"), model);
  }

  private Path at(String location) throws IOException {
    return model("location", location, "offset", "0", "length", "32");
  }

  @Test
  void location_inTheDirectory_loads() throws IOException {
    assertAnswers(ModelSource.file(Models.externalData(directory, "weights.bin")));
    assertAnswers(ModelSource.file(Models.externalData(directory, "deeper/./down//weights.bin")));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "../secret.bin, leads out",
        "../../outside/secret.bin, leads out",
        "sub/../../secret.bin, leads out",
        "sub/.., leads out",
        "/etc/passwd, absolute",
        "//server/share/secret.bin, absolute",
        "C:secret.bin, plain path",
        "C:/secret.bin, plain path",
        "'C:\\secret.bin', plain path",
        "'..\\secret.bin', plain path",
        "'\\\\server\\share\\secret.bin', plain path",
        "'\\\\?\\C:\\secret.bin', plain path",
        "file:///etc/passwd, plain path",
        "weights.bin:stream, plain path",
        "*/_ORT_MEM_ADDR_/*, in memory",
        "_ORT_MEM_ADDR_, in memory",
        "*/_ORT_NATIVE_ENDIAN_MEM_ADDR_/*, in memory",
        "., is empty",
        "./, is empty",
        "'', is empty",
        "nowhere.bin, is missing",
        "sub/nowhere.bin, is missing",
      })
  void location_hostileText_isRefused(String location, String reason) throws IOException {
    assertRefused(reason, at(location));
  }

  @Test
  void location_absoluteToThisVeryDirectory_isRefused() throws IOException {
    Path weights = Models.externalData(directory, "weights.bin").resolveSibling("weights.bin");
    assertRefused("absolute", at(weights.toString()));
  }

  @Test
  void location_controlCharacters_areRefused() throws IOException {
    assertRefused("control character 0", at("weights.bin\0.txt"));
    assertRefused("control character 10", at("weights\n.bin"));
  }

  @Test
  void location_linkOut_isRefused() throws IOException {
    Files.createSymbolicLink(directory.resolve("w.bin"), outside.resolve("secret.bin"));
    assertRefused("leads by a link out", at("w.bin"));
    Files.createSymbolicLink(directory.resolve("sub"), outside);
    assertRefused("leads by a link out", at("sub/secret.bin"));
    Files.createSymbolicLink(directory.resolve("chain.bin"), Path.of("w.bin"));
    assertRefused("leads by a link out", at("chain.bin"));
    Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
    assertRefused("loop", at("loop"));
    Files.createSymbolicLink(directory.resolve("dangling"), Path.of("nothing"));
    assertRefused("is missing", at("dangling"));
  }

  /** A neighbour whose name begins like the directory's is outside all the same. */
  @Test
  void location_linkToANeighbourOfLikeName_isRefused() throws IOException {
    Path neighbour = Files.createDirectories(root.resolve("models/mine-not"));
    Files.copy(outside.resolve("secret.bin"), neighbour.resolve("secret.bin"));
    Files.createSymbolicLink(directory.resolve("w.bin"), neighbour.resolve("secret.bin"));
    assertRefused("leads by a link out", at("w.bin"));
  }

  @Test
  void location_linkWithinTheDirectoryOrToTheStoreOfTheModel_loads() throws IOException {
    Path model = Models.externalData(directory, "weights.bin");
    Files.move(directory.resolve("weights.bin"), directory.resolve("blob"));
    Files.createSymbolicLink(directory.resolve("weights.bin"), Path.of("blob"));
    assertAnswers(ModelSource.file(model));
    // As in a cache of downloads: all that a model's directory has are links into one store.
    Path snapshot = Files.createDirectories(root.resolve("snapshots/1"));
    Files.createSymbolicLink(snapshot.resolve("model.onnx"), model);
    Files.createSymbolicLink(snapshot.resolve("weights.bin"), directory.resolve("blob"));
    assertAnswers(ModelSource.file(snapshot.resolve("model.onnx")));
  }

  @Test
  void location_hardLink_isRefusedUnlessTrustedOrDigested() throws IOException {
    Path model = Models.externalData(directory, "weights.bin");
    Files.delete(directory.resolve("weights.bin"));
    Files.createLink(directory.resolve("weights.bin"), outside.resolve("secret.bin"));
    assertRefused("2 names", model);
    OnnxOptions trusting = OnnxOptions.builder().trustModels(true).build();
    new OnnxEngine(trusting).load(ModelSource.file(model)).close();
    String digest =
        ModelDigest.of(
            ModelSource.file(model).digest(),
            List.of(ModelSource.file(outside.resolve("secret.bin")).digest()));
    assertAnswers(ModelSource.file(model).withSha256(digest));
  }

  @Test
  void location_notAFile_isRefusedWithoutBeingOpened() throws Exception {
    Files.createDirectories(directory.resolve("sub"));
    assertRefused("not a regular file", at("sub"));
    Path pipe = directory.resolve("pipe");
    Process mkfifo = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assertTrue(mkfifo.waitFor(10, TimeUnit.SECONDS) && mkfifo.exitValue() == 0, "no mkfifo");
    assertRefused("not a regular file", at("pipe"));
    assertRefused("not a regular file", pipe); // the model itself
    assertRefused("not a regular file", Path.of("/dev/zero"));
    Files.createSymbolicLink(directory.resolve("zero"), Path.of("/dev/zero"));
    assertRefused("not a regular file", at("zero"));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 32, reads up to byte 33",
    "0, 33, reads up to byte 33",
    "33, 0, reads up to byte 33",
    "9223372036854775807, 0, reads up to byte",
    "9223372036854775800, 32, beyond 2^63",
    "9223372036854775808, 32, has the offset",
    "18446744073709551615, 32, has the offset",
    "-1, 32, has the offset",
    "0, -1, has the length",
    "0, 1e9, has the length",
  })
  void extent_beyondTheFile_isRefused(String offset, String length, String reason)
      throws IOException {
    Files.copy(outside.resolve("secret.bin"), directory.resolve("w.bin"));
    assertRefused(reason, model("location", "w.bin", "offset", offset, "length", length));
  }

  @Test
  void model_inMemoryWithExternalData_isRefused() throws IOException {
    byte[] model = Files.readAllBytes(Models.externalData(directory, "weights.bin"));
    assertRefused(
        "a model in memory has no directory",
        ModelSource.bytes("in-memory", model),
        SessionOptions.DEFAULT);
  }

  @Test
  void options_redirectOfExternalData_isRefused() {
    OnnxOptions.Builder options = OnnxOptions.builder();
    assertThrows(
        IllegalArgumentException.class,
        () -> options.sessionConfig(OnnxLoader.EXTERNAL_DIRECTORY, "/etc"));
  }

  @Test
  void model_largerThanAllowed_isRefusedBeforeItIsRead() throws IOException {
    Path model = Models.externalData(directory, "weights.bin");
    long size = Files.size(model);
    SessionOptions.Builder options = SessionOptions.builder();
    ModelSource source = ModelSource.file(model);
    assertRefused("maxModelBytes", source, options.maxModelBytes(size - 1).build());
    assertRefused("maxModelBytes", source, options.maxModelBytes(size + 31).build());
    new OnnxEngine().load(source, options.maxModelBytes(size + 32).build()).close();
    byte[] bytes = Models.tinyMlp();
    assertRefused(
        "maxModelBytes",
        ModelSource.bytes("in-memory", bytes),
        options.maxModelBytes(bytes.length - 1).build());
  }

  @Test
  void model_hostileStructure_isRefusedFromFileAndBytes() throws IOException {
    for (byte[] hostile :
        new byte[][] {
          HostileModels.nested(10_000),
          HostileModels.nestedTypes(10_000),
          HostileModels.manyNodes(11_000_000),
          HostileModels.lengthDelimited(7, Long.MAX_VALUE),
          HostileModels.lengthDelimited(7, 0xffff_ffffL),
        }) {
      Path file = Files.write(directory.resolve("hostile.onnx"), hostile);
      assertRefused("", file);
      assertRefused("", ModelSource.bytes("hostile", hostile), SessionOptions.DEFAULT);
    }
  }

  @Test
  void model_inOrtFormat_saysHowToTrustIt() throws IOException {
    byte[] head = {24, 0, 0, 0, 'O', 'R', 'T', 'M', 0, 0, 0, 0};
    assertRefused("trustModels", Files.write(directory.resolve("model.ort"), head));
  }
}

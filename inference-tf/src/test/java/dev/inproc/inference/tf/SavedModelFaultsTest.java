package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedOutputStream;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.tf.testing.GraphWriter;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NameAttrList;

class SavedModelFaultsTest {
  @TempDir Path directory;

  private String refusal(Path path) {
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class, () -> new TensorFlowEngine().load(ModelSource.file(path)));
    assertEquals(path.toString(), failure.model());
    return failure.getMessage();
  }

  private String refusal(byte[] savedModel) throws IOException {
    Files.write(directory.resolve("saved_model.pb"), savedModel);
    return refusal(directory);
  }

  @Test
  void load_whatIsNoSavedModel_saysWhatItIs() throws IOException {
    assertTrue(refusal(directory.resolve("none")).contains("no such directory"));
    assertTrue(refusal(directory).contains("the directory is empty"));
    Files.writeString(directory.resolve("saved_model.pbtxt"), "meta_graphs {}");
    assertTrue(
        refusal(directory).contains("no saved_model.pb; saved_model.pbtxt is not supported"));
    assertTrue(refusal(directory.resolve("saved_model.pbtxt")).contains("is a file"));
    ModelSource bytes = ModelSource.bytes("model", SavedModels.tinyMlp().bytes());
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> new TensorFlowEngine().load(bytes));
    assertTrue(failure.getMessage().contains("from bytes"), failure::getMessage);
  }

  @Test
  void load_emptyWrongOrTruncated_saysSo() throws IOException {
    assertTrue(refusal(new byte[0]).contains("is empty"));
    byte[] page = "<!doctype html><p>Not found".getBytes(StandardCharsets.UTF_8);
    assertTrue(refusal(page).contains("not a protobuf message"));
    byte[] model = SavedModels.tinyMlp().bytes();
    byte[] half = Arrays.copyOf(model, model.length / 2);
    assertTrue(refusal(half).contains("it ends too early"));
  }

  @Test
  void load_fileOfAnotherKind_saysWhatItIs() throws IOException {
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    Path file = Files.writeString(directory.resolve("model.tflite"), "....TFL3....");
    assertTrue(refusal(file).contains("a file (a TensorFlow Lite model"), refusal(file));
    Path onnx = Files.write(directory.resolve("model.onnx"), new byte[] {8, 8, 0x12, 1, 'x'});
    assertTrue(refusal(onnx).contains("OnnxEngine"), refusal(onnx));
    assertTrue(refusal(directory).contains("model.onnx is an ONNX model"), refusal(directory));
    String asGraph = refusal(pointer.getBytes(StandardCharsets.UTF_8));
    assertTrue(asGraph.contains("saved_model.pb: it is a Git LFS pointer"), asGraph);
    assertTrue(refusal(directory.resolve("saved_model.pb")).contains("load the directory"));
    Path h5 =
        Files.write(
            directory.resolve("m.h5"),
            "\u0089HDF\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
    assertTrue(refusal(h5).contains("HDF5"), refusal(h5));
  }

  @Test
  void load_largerThanTheLimit_isNotRead() throws IOException {
    SavedModels.tinyMlp().write(directory);
    TensorFlowOptions small = TensorFlowOptions.builder().maxGraphBytes(100).build();
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class,
            () -> new TensorFlowEngine(small).load(ModelSource.file(directory)));
    assertTrue(failure.getMessage().contains("more than 100 bytes"), failure::getMessage);
  }

  @Test
  void load_functionsNestedDeep_isRefused() throws IOException {
    AttrValue value = AttrValue.newBuilder().setI(1).build();
    for (int i = 0; i < 50; i++) {
      NameAttrList.Builder call = NameAttrList.newBuilder().setName("f").putAttr("a", value);
      value = AttrValue.newBuilder().setFunc(call).build();
    }
    GraphWriter model =
        SavedModels.tinyMlp().node("NoOp", "deep", "", new GraphWriter.Attr("f", value));
    assertTrue(refusal(model.bytes()).contains("nested more than"));
  }

  /** Groups within groups: a known way to overflow the stack of protobuf's Java runtime. */
  @Test
  void load_groupsNestedDeep_isRefused() throws IOException {
    byte[] groups = new byte[1_000_000];
    Arrays.fill(groups, (byte) 0x7b); // field 15, a group begins
    assertTrue(refusal(groups).contains("a group"));
  }

  @Test
  void load_moreNodesThanAnyModelHas_isRefused() throws IOException {
    byte[] nodes = new byte[2 * (SavedModelReader.MAX_ITEMS + 1)];
    for (int i = 0; i < nodes.length; i += 2) {
      nodes[i] = 0x0a; // field 1, of length 0
    }
    assertTrue(refusal(message(2, message(2, nodes))).contains("more than 2000000 nodes"));
  }

  @Test
  void load_twoOperatorsInOneNode_isRefused() throws IOException {
    // The later would win in TensorFlow; a reader that took the first would be fooled.
    ByteArrayOutputStream node = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(node);
    out.writeString(1, "n");
    out.writeString(2, "NoOp");
    out.writeString(2, "ReadFile");
    out.flush();
    byte[] graph = message(1, node.toByteArray());
    byte[] meta = message(2, graph);
    assertTrue(refusal(message(2, meta)).contains("two values for the operator of node n"));
  }

  private static byte[] message(int field, byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeByteArray(field, content);
    out.flush();
    return bytes.toByteArray();
  }

  @Test
  void load_signatureOfMissingTensor_saysWhich() {
    GraphWriter model =
        SavedModels.tinyMlp()
            .describe("z", "nowhere:0", DataType.DT_FLOAT, -1, 1)
            .signature("serving_default", "x", "z");
    assertTrue(refusal(model.write(directory)).contains("\"nowhere:0\", which is not there"));
  }

  @Test
  void load_graphThatTensorFlowRefuses_givesItsReason() {
    GraphWriter model = SavedModels.tinyMlp().node("MatMul", "bad", "x nowhere");
    assertTrue(refusal(model.write(directory)).contains("nowhere"));
  }

  @Test
  void load_typeWithoutCounterpart_isNamed() {
    GraphWriter model =
        new GraphWriter()
            .input("x", DataType.DT_COMPLEX64, -1, 2)
            .describe("y", "x:0", DataType.DT_COMPLEX64, -1, 2)
            .signature("serving_default", "x", "y");
    assertTrue(refusal(model.write(directory)).contains("COMPLEX64"));
  }

  @Test
  void load_succeedingOrNot_leavesNoFileBehind() throws IOException {
    long before = staged();
    load_largerThanTheLimit_isNotRead();
    new TensorFlowEngine().load(ModelSource.file(directory)).close();
    refusal(new byte[] {1, 2, 3});
    assertEquals(before, staged());
  }

  private static long staged() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      List<Path> found =
          all.filter(path -> path.getFileName().toString().startsWith("inproc-tf-")).toList();
      return found.size();
    }
  }
}

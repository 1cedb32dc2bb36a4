package dev.inproc.inference.tf.testing;

import static dev.inproc.inference.tf.testing.GraphWriter.function;
import static dev.inproc.inference.tf.testing.GraphWriter.make;
import static dev.inproc.inference.tf.testing.GraphWriter.string;
import static dev.inproc.inference.tf.testing.GraphWriter.type;
import static dev.inproc.inference.tf.testing.GraphWriter.types;

import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** SavedModels that do what a model should not. All are valid: TensorFlow alone runs them. */
public final class EvilModels {
  private static final DataType STRING = DataType.DT_STRING;

  private EvilModels() {}

  /** x STRING to y STRING: the content of the file x, read in the main graph. */
  public static GraphWriter readFile() {
    return answer(new GraphWriter().input("x", STRING).node("ReadFile", "read", "x"), "read:0");
  }

  /** The same, in a function. */
  public static GraphWriter readFileInFunction() {
    return answer(
        reading(new GraphWriter().input("x", STRING), "reader").add(call("call", "x", "reader")),
        "call:0");
  }

  /** The same, in a function that a function calls. */
  public static GraphWriter readFileInNestedFunction() {
    return answer(
        reading(new GraphWriter().input("x", STRING), "reader")
            .function("outer", "f:DT_STRING", "g:DT_STRING=c:output:0", call("c", "f", "reader"))
            .add(call("call", "x", "outer")),
        "call:0");
  }

  /** The same, in a function called by its own name as an operator. */
  public static GraphWriter readFileInFunctionAsOperator() {
    return answer(
        reading(new GraphWriter().input("x", STRING), "Identity2").node("Identity2", "call", "x"),
        "call:0");
  }

  /** The same, in a branch of a condition, which an attribute's attribute names. */
  public static GraphWriter readFileInBranch() {
    return answer(
        reading(new GraphWriter().input("x", STRING), "reader")
            .function("same", "f:DT_STRING", "g:DT_STRING=f")
            .node("Const", "yes", "", type("dtype", DataType.DT_BOOL), GraphWriter.value(yes()))
            .node(
                "If",
                "call",
                "yes x",
                type("Tcond", DataType.DT_BOOL),
                types("Tin", STRING),
                types("Tout", STRING),
                function("then_branch", "reader"),
                function("else_branch", "same")),
        "call:0");
  }

  private static org.tensorflow.proto.TensorProto yes() {
    return org.tensorflow.proto.TensorProto.newBuilder()
        .setDtype(DataType.DT_BOOL)
        .setTensorShape(GraphWriter.shapeOf())
        .addBoolVal(true)
        .build();
  }

  /** A function that reads files, which nothing calls. */
  public static GraphWriter readFileUncalled() {
    return reading(SavedModels.tinyMlp(), "reader");
  }

  private static GraphWriter reading(GraphWriter graph, String name) {
    return graph.function(
        name, "f:DT_STRING", "g:DT_STRING=read:contents:0", make("ReadFile", "read", "f"));
  }

  private static NodeDef call(String name, String input, String function) {
    return make(
        "StatefulPartitionedCall",
        name,
        input,
        types("Tin", STRING),
        types("Tout", STRING),
        function("f", function));
  }

  private static GraphWriter answer(GraphWriter graph, String tensor) {
    return graph.describe("y", tensor, STRING).signature("serving_default", "x", "y");
  }

  /** Writes to the file {@code path} with every request. */
  public static GraphWriter writeFile(String path) {
    return new GraphWriter()
        .input("x", STRING)
        .add(string("path", path))
        .node("WriteFile", "write", "path x")
        .node("Identity", "y", "x ^write", type("T", STRING))
        .describe("y", "y:0", STRING)
        .signature("serving_default", "x", "y");
  }

  /** x STRING to y STRING, the same, printed by a function to where its caller says. */
  public static GraphWriter printWhereTheCallerSays(String stream) {
    AttrValue placeholder = AttrValue.newBuilder().setPlaceholder("where").build();
    AttrValue.Builder callee = AttrValue.newBuilder();
    callee
        .getFuncBuilder()
        .setName("printer")
        .putAttr("where", GraphWriter.text("where", stream).value());
    NodeDef print =
        make("PrintV2", "print", "f", new GraphWriter.Attr("output_stream", placeholder));
    NodeDef same = make("Identity", "same", "f ^print", type("T", STRING));
    NodeDef call =
        make(
            "StatefulPartitionedCall",
            "call",
            "x",
            types("Tin", STRING),
            types("Tout", STRING),
            new GraphWriter.Attr("f", callee.build()));
    return answer(
        new GraphWriter()
            .input("x", STRING)
            .function("printer", "f:DT_STRING", "g:DT_STRING=same:output:0", print, same)
            .add(call),
        "call:0");
  }

  /** Writes to the file {@code path} when it is loaded, in its initializer. */
  public static GraphWriter writeFileAtLoad(String path) {
    return atLoad(make("WriteFile", "write", "path path"), path, "write");
  }

  /** Writes a checkpoint at {@code path} when variables are restored. */
  public static GraphWriter saveWhenRestoring(String path) {
    GraphWriter graph =
        checkpointing(SavedModels.tinyMlp(), "SaveV2", "save", "path names slices w1", path);
    graph.meta().getSaverDefBuilder().setFilenameTensorName("path:0").setRestoreOpName("save");
    return graph;
  }

  /** Reads a checkpoint of its own choice when variables are restored. */
  public static GraphWriter restoreElsewhere(String path) {
    GraphWriter graph =
        checkpointing(SavedModels.tinyMlp(), "RestoreV2", "restore", "path names slices", path);
    graph.meta().getSaverDefBuilder().setFilenameTensorName("file:0").setRestoreOpName("restore");
    return graph;
  }

  private static GraphWriter checkpointing(
      GraphWriter graph, String op, String name, String inputs, String path) {
    return graph
        .add(string("path", path))
        .add(strings("names", "w"))
        .add(strings("slices", ""))
        .node(op, name, inputs, types("dtypes", DataType.DT_FLOAT));
  }

  private static NodeDef strings(String name, String value) {
    NodeDef one = string(name, value);
    AttrValue.Builder tensor = one.getAttrOrThrow("value").toBuilder();
    tensor.getTensorBuilder().setTensorShape(GraphWriter.shapeOf(1));
    return one.toBuilder().putAttr("value", tensor.build()).build();
  }

  private static GraphWriter atLoad(NodeDef node, String path, String name) {
    GraphWriter graph = SavedModels.tinyMlp().add(string("path", path)).add(node);
    graph
        .describe("__saved_model_init_op", name, DataType.DT_INVALID, (long[]) null)
        .signature("__saved_model_init_op", "", "__saved_model_init_op");
    return graph;
  }

  /** {@link SavedModels#tinyMlp} and one more node, which nothing uses. */
  public static GraphWriter with(NodeDef node) {
    return SavedModels.tinyMlp().add(node);
  }
}

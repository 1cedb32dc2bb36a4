package dev.inproc.inference.tf;

import static dev.inproc.inference.tf.testing.GraphWriter.function;
import static dev.inproc.inference.tf.testing.GraphWriter.make;
import static dev.inproc.inference.tf.testing.GraphWriter.shape;
import static dev.inproc.inference.tf.testing.GraphWriter.string;
import static dev.inproc.inference.tf.testing.GraphWriter.text;
import static dev.inproc.inference.tf.testing.GraphWriter.type;
import static dev.inproc.inference.tf.testing.GraphWriter.types;

import dev.inproc.inference.tf.testing.GraphWriter;
import java.nio.file.Path;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** A model laid out as Python's {@code tf.saved_model.save} does, with one variable (1, 2, 3). */
final class KerasLike {
  private static final DataType FLOAT = DataType.DT_FLOAT;
  private static final DataType STRING = DataType.DT_STRING;
  private static final DataType RESOURCE = DataType.DT_RESOURCE;

  private KerasLike() {}

  /** Restores from the tensor named, as the function traced_restore sees it. */
  static Path write(Path directory, String restoredFrom) {
    GraphWriter graph =
        new GraphWriter()
            .function(
                "traced_save",
                "file_prefix:DT_STRING v:DT_RESOURCE",
                "saved:DT_STRING=done:output:0",
                strings("names", "weights"),
                strings("slices", ""),
                make("ReadVariableOp", "read", "v", type("dtype", FLOAT)),
                make(
                    "SaveV2",
                    "SaveV2",
                    "file_prefix names:output:0 slices:output:0 read:value:0",
                    types("dtypes", FLOAT)),
                make("Identity", "done", "file_prefix ^SaveV2", type("T", STRING)))
            .function(
                "traced_restore",
                "file_prefix:DT_STRING v:DT_RESOURCE",
                "restored:DT_STRING=done:output:0",
                string("elsewhere", "/etc/weights"),
                strings("names", "weights"),
                strings("slices", ""),
                make(
                    "RestoreV2",
                    "RestoreV2",
                    restoredFrom + " names:output:0 slices:output:0",
                    types("dtypes", FLOAT)),
                make("AssignVariableOp", "assign", "v RestoreV2:tensors:0", type("dtype", FLOAT)),
                make("Identity", "done", "file_prefix ^assign", type("T", STRING)))
            .function(
                "served",
                "x:DT_FLOAT v:DT_RESOURCE",
                "y:DT_FLOAT=mul:z:0",
                make("ReadVariableOp", "read", "v", type("dtype", FLOAT)),
                make("Mul", "mul", "x read:value:0", type("T", FLOAT)))
            .node(
                "VarHandleOp",
                "v",
                "",
                type("dtype", FLOAT),
                shape("shape", 3),
                text("shared_name", "v"))
            .input("serving_default_x", FLOAT, -1, 3)
            .node("Placeholder", "saver_filename", "", type("dtype", STRING), shape("shape"))
            .add(call("StatefulPartitionedCall", "serving_default_x v", "served", FLOAT, FLOAT))
            .add(
                call(
                    "StatefulPartitionedCall_1", "saver_filename v", "traced_save", STRING, STRING))
            .add(
                call(
                    "StatefulPartitionedCall_2",
                    "saver_filename v",
                    "traced_restore",
                    STRING,
                    STRING))
            .describe("x", "serving_default_x:0", FLOAT, -1, 3)
            .describe("y", "StatefulPartitionedCall:0", FLOAT, -1, 3)
            .signature("serving_default", "x", "y");
    graph
        .meta()
        .getSaverDefBuilder()
        .setFilenameTensorName("saver_filename:0")
        .setSaveTensorName("StatefulPartitionedCall_1:0")
        .setRestoreOpName("StatefulPartitionedCall_2");
    graph.write(directory);
    checkpoint(directory.resolve("variables").resolve("variables"));
    return directory;
  }

  private static NodeDef call(
      String name, String inputs, String function, DataType in, DataType out) {
    return make(
        "StatefulPartitionedCall",
        name,
        inputs,
        types("Tin", in, RESOURCE),
        types("Tout", out),
        function("f", function));
  }

  private static NodeDef strings(String name, String value) {
    NodeDef one = string(name, value);
    AttrValue.Builder tensor = one.getAttrOrThrow("value").toBuilder();
    tensor.getTensorBuilder().setTensorShape(GraphWriter.shapeOf(1));
    return one.toBuilder().putAttr("value", tensor.build()).build();
  }

  private static void checkpoint(Path prefix) {
    try (Graph graph = new Graph();
        org.tensorflow.Session session = new org.tensorflow.Session(graph)) {
      Ops tf = Ops.create(graph);
      session.run(
          tf.train.save(
              tf.constant(prefix.toString()),
              tf.constant(NdArrays.vectorOfObjects("weights")),
              tf.constant(NdArrays.vectorOfObjects("")),
              List.of(tf.constant(new float[] {1, 2, 3}))));
    }
  }
}

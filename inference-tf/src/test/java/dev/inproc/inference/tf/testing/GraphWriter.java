package dev.inproc.inference.tf.testing;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.proto.VersionDef;

/**
 * Writes SavedModels node by node, without TensorFlow's native code, so that it can also write what
 * no exporter would.
 */
public final class GraphWriter {
  /** What TensorFlow 2.18 writes; old producers are read with old rules. */
  private static final int PRODUCER = 1994;

  private final MetaGraphDef.Builder meta = MetaGraphDef.newBuilder();
  private final GraphDef.Builder graph = meta.getGraphDefBuilder();
  private final Map<String, TensorInfo> infos = new TreeMap<>();

  /** Starts an empty graph for serving. */
  public GraphWriter() {
    meta.getMetaInfoDefBuilder().addTags("serve").setTensorflowVersion("2.18.0");
    graph.setVersions(VersionDef.newBuilder().setProducer(PRODUCER).setMinConsumer(12));
  }

  /** An attribute's name and value. */
  public record Attr(String name, AttrValue value) {}

  public static Attr type(String name, DataType type) {
    return new Attr(name, AttrValue.newBuilder().setType(type).build());
  }

  public static Attr types(String name, DataType... types) {
    AttrValue.Builder value = AttrValue.newBuilder();
    for (DataType type : types) {
      value.getListBuilder().addType(type);
    }
    value.getListBuilder();
    return new Attr(name, value.build());
  }

  public static Attr number(String name, long value) {
    return new Attr(name, AttrValue.newBuilder().setI(value).build());
  }

  public static Attr flag(String name, boolean value) {
    return new Attr(name, AttrValue.newBuilder().setB(value).build());
  }

  public static Attr text(String name, String value) {
    return new Attr(name, AttrValue.newBuilder().setS(ByteString.copyFromUtf8(value)).build());
  }

  public static Attr shape(String name, long... dims) {
    return new Attr(name, AttrValue.newBuilder().setShape(shapeOf(dims)).build());
  }

  public static Attr function(String name, String function) {
    NameAttrList call = NameAttrList.newBuilder().setName(function).build();
    return new Attr(name, AttrValue.newBuilder().setFunc(call).build());
  }

  public static Attr value(TensorProto tensor) {
    return new Attr("value", AttrValue.newBuilder().setTensor(tensor).build());
  }

  /** Adds a node to the main graph; inputs are separated by spaces. */
  public GraphWriter node(String op, String name, String inputs, Attr... attributes) {
    graph.addNode(make(op, name, inputs, attributes));
    return this;
  }

  /** Makes a node, for a function's body. */
  public static NodeDef make(String op, String name, String inputs, Attr... attributes) {
    NodeDef.Builder node = NodeDef.newBuilder().setOp(op).setName(name);
    for (String input : words(inputs)) {
      node.addInput(input);
    }
    for (Attr each : attributes) {
      node.putAttr(each.name(), each.value());
    }
    return node.build();
  }

  /**
   * Adds a function.
   *
   * @param arguments such as {@code x:DT_FLOAT n:DT_INT64}
   * @param results such as {@code y:DT_FLOAT=product:product:0}
   */
  public GraphWriter function(String name, String arguments, String results, NodeDef... body) {
    FunctionDef.Builder function = FunctionDef.newBuilder();
    OpDef.Builder signature = function.getSignatureBuilder().setName(name).setIsStateful(true);
    for (String each : words(arguments)) {
      String[] parts = each.split(":", 2);
      signature.addInputArgBuilder().setName(parts[0]).setType(DataType.valueOf(parts[1]));
    }
    for (String each : words(results)) {
      String[] parts = each.split("=", 2);
      String[] typed = parts[0].split(":", 2);
      signature.addOutputArgBuilder().setName(typed[0]).setType(DataType.valueOf(typed[1]));
      function.putRet(typed[0], parts[1]);
    }
    for (NodeDef node : body) {
      function.addNodeDef(node);
    }
    graph.getLibraryBuilder().addFunction(function);
    return this;
  }

  /** Adds an input, with dims of -1 where open; null for an unknown rank. */
  public GraphWriter input(String name, DataType type, long... dims) {
    node("Placeholder", name, "", type("dtype", type), shape("shape", dims));
    return describe(name, name + ":0", type, dims);
  }

  /** Describes a tensor, so that a signature can name it. */
  public GraphWriter describe(String name, String tensor, DataType type, long... dims) {
    infos.put(
        name,
        TensorInfo.newBuilder()
            .setName(tensor)
            .setDtype(type)
            .setTensorShape(shapeOf(dims))
            .build());
    return this;
  }

  /** Names the dimensions of what was described. */
  public GraphWriter named(String name, String... symbols) {
    TensorInfo.Builder info = infos.get(name).toBuilder();
    for (int i = 0; i < symbols.length; i++) {
      info.getTensorShapeBuilder().getDimBuilder(i).setName(symbols[i]);
    }
    infos.put(name, info.build());
    return this;
  }

  /** Adds a signature of what was described; names are separated by spaces. */
  public GraphWriter signature(String key, String inputs, String outputs) {
    SignatureDef.Builder signature =
        SignatureDef.newBuilder().setMethodName("tensorflow/serving/predict");
    for (String each : words(inputs)) {
      signature.putInputs(each, infos.get(each));
    }
    for (String each : words(outputs)) {
      signature.putOutputs(each, infos.get(each));
    }
    meta.putSignatureDef(key, signature.build());
    return this;
  }

  private static String[] words(String text) {
    return text.isBlank() ? new String[0] : text.split(" ", -1);
  }

  /** Adds a constant of floats. */
  public GraphWriter floats(String name, float[] values, long... dims) {
    return node(
        "Const", name, "", type("dtype", DataType.DT_FLOAT), value(floatTensor(values, dims)));
  }

  public static TensorProto floatTensor(float[] values, long... dims) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(values);
    return TensorProto.newBuilder()
        .setDtype(DataType.DT_FLOAT)
        .setTensorShape(shapeOf(dims))
        .setTensorContent(ByteString.copyFrom(bytes))
        .build();
  }

  /** Adds a constant of INT32, a scalar if there is one. */
  public GraphWriter ints(String name, int... values) {
    return node("Const", name, "", type("dtype", DataType.DT_INT32), value(intTensor(values)));
  }

  public static TensorProto intTensor(int... values) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setDtype(DataType.DT_INT32);
    tensor.setTensorShape(values.length == 1 ? shapeOf() : shapeOf(values.length));
    for (int value : values) {
      tensor.addIntVal(value);
    }
    return tensor.build();
  }

  /** A constant of one string. */
  public static NodeDef string(String name, String value) {
    TensorProto tensor =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_STRING)
            .setTensorShape(shapeOf())
            .addStringVal(ByteString.copyFromUtf8(value))
            .build();
    return make("Const", name, "", type("dtype", DataType.DT_STRING), value(tensor));
  }

  /** Adds a node made before. */
  public GraphWriter add(NodeDef node) {
    graph.addNode(node);
    return this;
  }

  public static TensorShapeProto shapeOf(long... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    if (dims == null) {
      return shape.setUnknownRank(true).build();
    }
    for (long dim : dims) {
      shape.addDimBuilder().setSize(dim);
    }
    return shape.build();
  }

  /** Returns what is not covered here. */
  public MetaGraphDef.Builder meta() {
    return meta;
  }

  /** Returns the content of {@code saved_model.pb}. */
  public byte[] bytes() {
    return SavedModel.newBuilder()
        .setSavedModelSchemaVersion(1)
        .addMetaGraphs(meta)
        .build()
        .toByteArray();
  }

  /** Writes the model to a directory, which is made, and returns it. */
  public Path write(Path directory) {
    try {
      Files.createDirectories(directory);
      Files.write(directory.resolve("saved_model.pb"), bytes());
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

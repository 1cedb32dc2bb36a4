package dev.inproc.inference.tf;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.inproc.inference.tf.SavedModelGraph.Function;
import dev.inproc.inference.tf.SavedModelGraph.Node;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

/** What must hold of each reader for any bytes at all; nothing but its refusal may be thrown. */
final class ReaderProperties {
  private static final int MOST_RECORD_BYTES = 1 << 20;

  private ReaderProperties() {}

  /**
   * Returns whether the bytes are accepted: then protobuf, if it reads them too, sees the same
   * nodes and functions. What one sees and the other does not would be loaded unchecked.
   */
  static boolean savedModel(byte[] bytes) {
    List<SavedModelGraph> graphs;
    try {
      graphs = SavedModelReader.read(bytes);
      for (SavedModelGraph graph : graphs) {
        var unused = SafetyCheck.refusal(graph, java.util.Set.of());
        for (SavedModelGraph.SignatureInfo signature : graph.signatures().values()) {
          var unusedKeeps = SafetyCheck.operators(graph, signature);
        }
      }
    } catch (IllegalArgumentException e) {
      return false;
    }
    SavedModel expected;
    try {
      expected = SavedModel.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return true; // TensorFlow would refuse it
    }
    requireEqual(expected.getMetaGraphsCount(), graphs.size());
    for (int i = 0; i < graphs.size(); i++) {
      compare(expected.getMetaGraphs(i).getGraphDef(), graphs.get(i));
    }
    return true;
  }

  private static void compare(GraphDef expected, SavedModelGraph graph) {
    compare(expected.getNodeList(), graph.nodes());
    requireEqual(expected.getLibrary().getFunctionCount(), graph.functions().size());
    for (int i = 0; i < graph.functions().size(); i++) {
      FunctionDef function = expected.getLibrary().getFunction(i);
      Function seen = graph.functions().get(i);
      requireEqual(raw(function.getSignature().getName()), seen.name());
      compare(function.getNodeDefList(), seen.nodes());
    }
  }

  private static void compare(List<NodeDef> expected, List<Node> seen) {
    requireEqual(expected.size(), seen.size());
    for (int i = 0; i < seen.size(); i++) {
      requireEqual(raw(expected.get(i).getName()), seen.get(i).name());
      requireEqual(raw(expected.get(i).getOp()), seen.get(i).op());
      requireEqual(raw(expected.get(i).getInputList()), seen.get(i).inputs());
    }
  }

  /** Names as the reader has them: byte by byte. */
  private static String raw(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static List<String> raw(List<String> texts) {
    List<String> all = new ArrayList<>();
    texts.forEach(text -> all.add(raw(text)));
    return all;
  }

  private static void requireEqual(Object expected, Object seen) {
    if (!expected.equals(seen)) {
      throw new AssertionError("protobuf sees " + expected + ", the check " + seen);
    }
  }

  /** Given as a file. */
  static void warmUpFile(byte[] bytes) {
    try {
      TfRecordReader records =
          new TfRecordReader(new ByteArrayInputStream(bytes), MOST_RECORD_BYTES);
      for (byte[] next = records.next(); next != null; next = records.next()) {
        warmUpRequest(next);
      }
    } catch (IOException e) {
      // refused, and says why
    }
  }

  /** Given as the content of a record, which the checksum would else protect from most change. */
  static void warmUpRequest(byte[] bytes) {
    try {
      WarmUpRequest.read(bytes);
    } catch (IllegalArgumentException e) {
      // refused, and says why
    }
  }
}

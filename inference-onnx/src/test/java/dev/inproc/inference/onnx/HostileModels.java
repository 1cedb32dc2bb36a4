package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.format.ProtoWriter;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** Models that no exporter writes. */
final class HostileModels {
  private HostileModels() {}

  /** A model whose graph is nested in attributes of nodes, so many levels deep. */
  static byte[] nested(int levels) {
    return wrapped(levels, new int[] {6, 5, 1}, 7); // attribute.g, node.attribute, graph.node
  }

  /** A model with an input that is a sequence of sequences, so many levels deep. */
  static byte[] nestedTypes(int levels) {
    byte[] input = wrapped(levels, new int[] {1, 4}, 2); // sequence.elem_type, type.sequence
    byte[] graph = new ProtoWriter().bytes(11, input).toByteArray();
    return new ProtoWriter().bytes(7, graph).toByteArray();
  }

  /** Nests length-delimited fields: {@code levels} rounds of these numbers, innermost first. */
  private static byte[] wrapped(int levels, int[] numbers, int outermost) {
    List<byte[]> heads = new ArrayList<>();
    long length = 0;
    for (int level = 0; level < levels; level++) {
      for (int number : numbers) {
        byte[] head = lengthDelimited(number, length);
        heads.add(head);
        length += head.length;
      }
    }
    heads.add(lengthDelimited(outermost, length));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = heads.size() - 1; i >= 0; i--) {
      out.writeBytes(heads.get(i));
    }
    return out.toByteArray();
  }

  /** A model of empty nodes: two bytes each here, hundreds in native memory. */
  static byte[] manyNodes(int nodes) {
    byte[] graph = new byte[2 * nodes];
    for (int i = 0; i < nodes; i++) {
      graph[2 * i] = 1 << 3 | 2;
    }
    return new ProtoWriter().bytes(7, graph).toByteArray();
  }

  /** A model with so many files of external data. */
  static byte[] manyLocations(int files) {
    ProtoWriter graph = new ProtoWriter();
    for (int i = 0; i < files; i++) {
      byte[] entry = new ProtoWriter().string(1, "location").string(2, "f" + i).toByteArray();
      graph.bytes(5, new ProtoWriter().bytes(13, entry).varint(14, 1).toByteArray());
    }
    return new ProtoWriter().bytes(7, graph.toByteArray()).toByteArray();
  }

  /** The tag and the length of a field, whatever follows. */
  static byte[] lengthDelimited(int number, long length) {
    byte[] varints = new ProtoWriter().varint(number, length).toByteArray();
    varints[0] |= 2; // numbers below 16: the tag is one byte
    return varints;
  }
}

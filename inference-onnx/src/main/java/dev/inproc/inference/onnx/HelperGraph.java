package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.format.ProtoWriter;
import java.nio.charset.StandardCharsets;

/** Writes a small ONNX graph; field numbers are as in {@code onnx.proto}. */
final class HelperGraph {
  static final int INT64 = 7;
  static final int STRING = 8;
  static final int BOOL = 9;

  private static final int ATTRIBUTE_GRAPH = 5;
  private static final int OPSET = 20; // StringConcat came with it
  private static final int IR_VERSION = 9;

  private final ProtoWriter graph = new ProtoWriter();

  /** Adds an input of this element type and any shape of this rank, -1 for any rank. */
  HelperGraph input(String name, int type, int rank) {
    graph.bytes(11, valueInfo(name, type, rank));
    return this;
  }

  HelperGraph output(String name, int type, int rank) {
    graph.bytes(12, valueInfo(name, type, rank));
    return this;
  }

  private static byte[] valueInfo(String name, int type, int rank) {
    ProtoWriter tensor = new ProtoWriter().varint(1, type);
    if (rank >= 0) {
      ProtoWriter shape = new ProtoWriter();
      for (int i = 0; i < rank; i++) {
        shape.bytes(1, new byte[0]);
      }
      tensor.bytes(2, shape.toByteArray());
    }
    byte[] typeProto = new ProtoWriter().bytes(1, tensor.toByteArray()).toByteArray();
    return new ProtoWriter().string(1, name).bytes(2, typeProto).toByteArray();
  }

  HelperGraph node(String operator, String inputs, String output) {
    graph.bytes(1, nodeProto(operator, inputs, output).toByteArray());
    return this;
  }

  HelperGraph loop(String inputs, String output, HelperGraph body) {
    ProtoWriter attribute = new ProtoWriter().string(1, "body");
    attribute.bytes(6, body.graphProto()).varint(20, ATTRIBUTE_GRAPH);
    graph.bytes(
        1, nodeProto("Loop", inputs, output).bytes(5, attribute.toByteArray()).toByteArray());
    return this;
  }

  private static ProtoWriter nodeProto(String operator, String inputs, String output) {
    ProtoWriter node = new ProtoWriter();
    for (String input : inputs.split(" ", -1)) {
      node.string(1, input.equals("_") ? "" : input);
    }
    return node.string(2, output).string(4, operator);
  }

  /** Adds a constant INT64 vector of one element. */
  HelperGraph constant(String name, long value) {
    ProtoWriter tensor = new ProtoWriter().varint(1, 1).varint(2, INT64).varint(7, value);
    graph.bytes(5, tensor.string(8, name).toByteArray());
    return this;
  }

  /** Adds a constant STRING vector of every byte alone, and of the empty string behind them. */
  HelperGraph everyByte(String name) {
    ProtoWriter tensor = new ProtoWriter().varint(1, 257).varint(2, STRING);
    for (int i = 0; i < 256; i++) {
      tensor.bytes(6, new byte[] {(byte) i});
    }
    graph.bytes(5, tensor.bytes(6, new byte[0]).string(8, name).toByteArray());
    return this;
  }

  private byte[] graphProto() {
    byte[] name = "helper".getBytes(StandardCharsets.UTF_8);
    return graph.bytes(2, name).toByteArray();
  }

  byte[] build() {
    byte[] opset = new ProtoWriter().varint(2, OPSET).toByteArray();
    return new ProtoWriter()
        .varint(1, IR_VERSION)
        .bytes(7, graphProto())
        .bytes(8, opset)
        .toByteArray();
  }
}

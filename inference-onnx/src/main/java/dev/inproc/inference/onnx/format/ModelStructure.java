package dev.inproc.inference.onnx.format;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an ONNX file names outside itself, found by a walk over its structure before native code
 * sees it: graph and sparse initializers, attributes, subgraphs, functions, training. Payloads of
 * tensors are skipped over, not read. The walk is bounded in depth, in fields and in messages, and
 * keeps one entry for each file named, so that it costs little memory whatever it is given. It is
 * stricter than ONNX Runtime: where two readers could take bytes differently, it refuses them.
 */
public final class ModelStructure {
  /** As deep as protobuf's own parser goes. */
  public static final int MAX_DEPTH = 100;

  /** Native code turns each of these into an object of 100 bytes and more. */
  public static final long MAX_MESSAGES = 10_000_000;

  /** Numbers are not packed in ONNX attributes: a large forest has tens of millions. */
  public static final long MAX_FIELDS = 1L << 28;

  public static final int MAX_EXTERNAL_FILES = 100_000;
  public static final int MAX_LOCATION_BYTES = 4096;

  /** Of all locations together: they are what is kept. */
  public static final int MAX_LOCATIONS_LENGTH = 1 << 24;

  private static final byte[] EP_CONTEXT = "EPContext".getBytes(StandardCharsets.UTF_8);
  private static final int NODE_OP_TYPE = 4;

  private final Map<String, ExternalData> external = new TreeMap<>();
  private long messages;
  private long fields;
  private long locationsLength;

  private ModelStructure() {}

  /**
   * Reads a model.
   *
   * @throws ProtoException if it is not one, or not one that is safe to hand on
   */
  public static ModelStructure of(ProtoBytes model) {
    ModelStructure structure = new ModelStructure();
    structure.walk(MessageType.MODEL, ProtoFields.of(model), 1);
    return structure;
  }

  /** Returns the files of external data, in the order of their locations. */
  public Collection<ExternalData> external() {
    return Collections.unmodifiableCollection(external.values());
  }

  private void walk(MessageType type, Iterable<ProtoField> message, int depth) {
    if (depth > MAX_DEPTH) {
      throw new ProtoException("messages are nested more than " + MAX_DEPTH + " deep");
    }
    int seen = 0; // a bit for each number of the few fields that may occur once
    for (ProtoField field : message) {
      count(field);
      int number = field.number();
      if (type.isSingle(number)) {
        if ((seen & 1 << number) != 0) {
          throw new ProtoException(type + " has two fields " + number + " where one belongs");
        }
        seen |= 1 << number;
      }
      if (type == MessageType.NODE && number == NODE_OP_TYPE && field.holds(EP_CONTEXT)) {
        throw new ProtoException(
            "it has an EPContext node, which holds or names a program compiled for a device");
      }
      MessageType child = type.child(number);
      if (child == MessageType.TENSOR) {
        tensor(field);
      } else if (child != null) {
        walk(child, field.fields(), depth + 1);
      }
    }
  }

  private void tensor(ProtoField field) {
    ExternalTensor tensor = new ExternalTensor();
    for (ProtoField part : field.fields()) {
      count(part);
      tensor.read(part);
    }
    ExternalData data = tensor.externalData();
    if (data != null) {
      add(data);
    }
  }

  private void add(ExternalData data) {
    ExternalData known = external.get(data.location());
    if (known == null) {
      locationsLength += data.location().length();
    }
    if (known == null || known.end() < data.end()) {
      external.put(data.location(), data);
    }
    if (external.size() > MAX_EXTERNAL_FILES || locationsLength > MAX_LOCATIONS_LENGTH) {
      throw new ProtoException("it names more than " + MAX_EXTERNAL_FILES + " external files");
    }
  }

  private void count(ProtoField field) {
    if (++fields > MAX_FIELDS) {
      throw new ProtoException("it has more than " + MAX_FIELDS + " fields");
    }
    if (field.wireType() == 2 && ++messages > MAX_MESSAGES) {
      throw new ProtoException("it has more than " + MAX_MESSAGES + " messages and texts");
    }
  }
}

package dev.inproc.inference.onnx.format;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

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

  /** The length of all locations together: the walk keeps them. */
  public static final int MAX_LOCATIONS_LENGTH = 1 << 24;

  private static final byte[] EP_CONTEXT = "EPContext".getBytes(StandardCharsets.UTF_8);
  private static final int NODE_OP_TYPE = 4;

  /** Of an operator in training, which then updates what it holds, such as a running mean. */
  private static final byte[] TRAINING_MODE = "training_mode".getBytes(StandardCharsets.UTF_8);

  private static final int ATTRIBUTE_NAME = 1;
  private static final int ATTRIBUTE_INTEGER = 3;
  private static final int ATTRIBUTE_OF_FUNCTION = 21;

  /** Operators that draw random numbers, or may: an input can switch Dropout into training. */
  private static final List<byte[]> RANDOM =
      Stream.of(
              "RandomNormal",
              "RandomNormalLike",
              "RandomUniform",
              "RandomUniformLike",
              "Multinomial",
              "Bernoulli",
              "Dropout",
              "BiasDropout",
              "BitmaskDropout",
              "BitmaskBiasDropout")
          .map(name -> name.getBytes(StandardCharsets.UTF_8))
          .toList();

  private final Map<String, ExternalData> external = new TreeMap<>();
  private long messages;
  private long fields;
  private long locationsLength;
  private boolean trains;
  private boolean random;

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

  /** Returns whether an operator, in a subgraph or function too, keeps state between runs. */
  public boolean keepsState() {
    return trains;
  }

  /** Returns whether an operator draws random numbers, or may. */
  public boolean isRandom() {
    return random;
  }

  private void walk(MessageType type, Iterable<ProtoField> message, int depth) {
    if (depth > MAX_DEPTH) {
      throw new ProtoException("messages are nested more than " + MAX_DEPTH + " deep");
    }
    if (type == MessageType.ATTRIBUTE) {
      trains |= isTraining(message);
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
      if (type == MessageType.NODE && number == NODE_OP_TYPE && !random) {
        random = RANDOM.stream().anyMatch(field::holds);
      }
      MessageType child = type.child(number);
      if (child == MessageType.TENSOR) {
        tensor(field);
      } else if (child != null) {
        walk(child, field.fields(), depth + 1);
      }
    }
  }

  /** Whether an attribute says so, or leaves it to the caller of the function that it is in. */
  private static boolean isTraining(Iterable<ProtoField> attribute) {
    boolean set = false;
    boolean named = false;
    for (ProtoField field : attribute) {
      switch (field.number()) {
        case ATTRIBUTE_NAME -> {
          if (!field.holds(TRAINING_MODE)) {
            return false; // spares reading the millions of numbers of a forest twice
          }
          named = true;
        }
        case ATTRIBUTE_INTEGER -> set |= field.wireType() != 0 || field.varint() != 0;
        case ATTRIBUTE_OF_FUNCTION -> set |= field.length() > 0;
        default -> {}
      }
    }
    return named && set;
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

package dev.inproc.inference.onnx.format;

import java.util.HashSet;
import java.util.Set;

/**
 * What ONNX Runtime's Java binding does not tell of a graph's inputs. It reports an input without a
 * shape as one without dimensions, and inputs that no node reads like any other.
 */
public final class GraphInputs {
  private static final int MAX_DEPTH = ModelStructure.MAX_DEPTH;

  private final Set<String> scalars = new HashSet<>();
  private final Set<String> unused = new HashSet<>();

  private GraphInputs() {}

  /** Returns what is known of a model that cannot be read. */
  public static GraphInputs unknown() {
    return new GraphInputs();
  }

  /**
   * Reads a model.
   *
   * @throws ProtoException if it is not one
   */
  public static GraphInputs of(ProtoBytes model) {
    GraphInputs inputs = new GraphInputs();
    for (ProtoField field : ProtoFields.of(model)) {
      if (field.number() == 7) {
        field.fields().forEach(inputs::readInput);
        inputs.findUses(field, 1);
      }
    }
    return inputs;
  }

  /** Returns whether an input is known to have a shape of no dimensions. */
  public boolean isScalar(String input) {
    return scalars.contains(input);
  }

  /** Returns whether nothing in the graph reads an input, nor is it an output. */
  public boolean isUnused(String input) {
    return unused.contains(input);
  }

  private void readInput(ProtoField field) {
    if (field.number() != 11) {
      return;
    }
    String name = "";
    boolean scalar = false;
    for (ProtoField part : field.fields()) {
      if (part.number() == 1) {
        name = part.string();
      } else if (part.number() == 2) {
        scalar = isScalar(part);
      }
    }
    unused.add(name);
    if (scalar) {
      scalars.add(name);
    }
  }

  /** A scalar has a shape, and no dimension in it. */
  private static boolean isScalar(ProtoField type) {
    boolean hasShape = false;
    boolean hasDimensions = false;
    for (ProtoField kind : type.fields()) {
      if (kind.number() == 1) {
        for (ProtoField part : kind.fields()) {
          if (part.number() == 2) {
            hasShape = true;
            hasDimensions |= part.length() > 0;
          }
        }
      }
    }
    return hasShape && !hasDimensions;
  }

  /** Names are searched for in subgraphs too. Mostly the first few nodes read all inputs. */
  private void findUses(ProtoField graph, int depth) {
    if (depth > MAX_DEPTH) {
      throw new ProtoException("graphs are nested more than " + MAX_DEPTH + " deep");
    }
    for (ProtoField field : graph.fields()) {
      if (unused.isEmpty()) {
        return;
      }
      if (field.number() == 1) {
        readNode(field, depth);
      } else if (field.number() == 12) {
        for (ProtoField part : field.fields()) {
          if (part.number() == 1) {
            unused.remove(part.string());
          }
        }
      }
    }
  }

  private void readNode(ProtoField node, int depth) {
    for (ProtoField part : node.fields()) {
      if (part.number() == 1) {
        unused.remove(part.string());
      } else if (part.number() == 5) {
        for (ProtoField attribute : part.fields()) {
          if (attribute.number() == 6 || attribute.number() == 11) {
            findUses(attribute, depth + 1);
          }
        }
      }
    }
  }
}

package dev.inproc.inference.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Every place in a model where the format allows a tensor, from the format's own description: each
 * way from the model to a tensor that takes no field twice. Such a way visits subgraphs of
 * subgraphs, functions and training graphs.
 */
final class TensorPlaces {
  /** A way to a tensor, and the model that has one there. */
  record Place(String way, byte[] model) {}

  private final Message tensor;
  private final Deque<FieldDescriptor> way = new ArrayDeque<>();
  private final Set<FieldDescriptor> taken = new HashSet<>();
  private final List<Place> places = new ArrayList<>();

  private TensorPlaces(Message tensor) {
    this.tensor = tensor;
  }

  static List<Place> of(TensorProto tensor) {
    TensorPlaces all = new TensorPlaces(tensor);
    all.visit(ModelProto.getDescriptor());
    return all.places;
  }

  private void visit(Descriptor type) {
    if (type.equals(tensor.getDescriptorForType())) {
      places.add(place());
      return;
    }
    for (FieldDescriptor field : type.getFields()) {
      if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && taken.add(field)) {
        way.addLast(field);
        visit(field.getMessageType());
        way.removeLast();
        taken.remove(field);
      }
    }
  }

  private Place place() {
    Message value = tensor;
    for (FieldDescriptor field : (Iterable<FieldDescriptor>) way::descendingIterator) {
      DynamicMessage.Builder holder = DynamicMessage.newBuilder(field.getContainingType());
      if (field.isRepeated()) {
        holder.addRepeatedField(field, value);
      } else {
        holder.setField(field, value);
      }
      value = holder.buildPartial();
    }
    String name = way.stream().map(FieldDescriptor::getName).collect(Collectors.joining("."));
    return new Place(name, value.toByteArray());
  }
}

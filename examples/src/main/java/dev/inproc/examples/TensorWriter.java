package dev.inproc.examples;

import com.google.gson.stream.JsonWriter;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes answers as JSON: for each tensor its type, its shape and its values in row-major order.
 * Every number reads back as the very same value; NaN and infinities are strings.
 */
final class TensorWriter {
  private final JsonWriter out;

  TensorWriter(JsonWriter out) {
    this.out = out;
  }

  /** Writes an object from the names to the tensors. */
  void write(Tensors tensors) throws IOException {
    out.beginObject();
    for (int i = 0; i < tensors.size(); i++) {
      out.name(tensors.names().get(i));
      write(tensors.at(i));
    }
    out.endObject();
  }

  private void write(Tensor tensor) throws IOException {
    out.beginObject();
    out.name("type").value(TensorBytes.isBytes(tensor) ? TensorBytes.TYPE : tensor.type().name());
    out.name("shape").beginArray();
    Shape shape = tensor.shape();
    for (int axis = 0; axis < shape.rank(); axis++) {
      out.value(shape.dim(axis));
    }
    out.endArray();
    out.name("data").beginArray();
    writeData(tensor, tensor.elements());
    out.endArray();
    out.endObject();
  }

  /** Writes the first values, one after the other. */
  void writeData(Tensor tensor, int count) throws IOException {
    if (tensor.type() == DataType.SEQUENCE) {
      for (Tensor each : tensor.toTensors().subList(0, count)) {
        write(each);
      }
    } else if (tensor.type() == DataType.STRING) {
      boolean bytes = TensorBytes.isBytes(tensor);
      for (int i = 0; i < count; i++) {
        out.value(bytes ? TensorBytes.encode(tensor, i) : tensor.getString(i));
      }
    } else {
      ByteBuffer bytes = ByteBuffer.wrap(tensor.toBytes()).order(ByteOrder.nativeOrder());
      for (int i = 0; i < count; i++) {
        writeNumber(tensor, bytes, i);
      }
    }
  }

  private void writeNumber(Tensor tensor, ByteBuffer bytes, int index) throws IOException {
    DataType type = tensor.type();
    if (type == DataType.BOOL) {
      out.value(bytes.get(index) != 0);
    } else if (type == DataType.FLOAT64) {
      double value = tensor.getDouble(index);
      writeFloat(Double.toString(value), Double.isFinite(value));
    } else if (type.isFloatingPoint()) {
      float value = tensor.getFloat(index);
      writeFloat(Float.toString(value), Float.isFinite(value));
    } else {
      boolean unsigned = JsonNumbers.isUnsigned(type);
      switch (type.byteSize()) {
        case Byte.BYTES -> {
          byte value = bytes.get(index);
          out.value(unsigned ? Byte.toUnsignedLong(value) : value);
        }
        case Short.BYTES -> {
          short value = bytes.getShort(index * Short.BYTES);
          out.value(unsigned ? Short.toUnsignedLong(value) : value);
        }
        case Integer.BYTES -> {
          int value = bytes.getInt(index * Integer.BYTES);
          out.value(unsigned ? Integer.toUnsignedLong(value) : value);
        }
        default -> {
          long value = bytes.getLong(index * Long.BYTES);
          out.jsonValue(unsigned ? Long.toUnsignedString(value) : Long.toString(value));
        }
      }
    }
  }

  private void writeFloat(String text, boolean finite) throws IOException {
    if (finite) {
      out.jsonValue(text);
    } else {
      out.value(text); // NaN, Infinity, -Infinity
    }
  }
}

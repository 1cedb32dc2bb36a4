package dev.inproc.inference.tf;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.inproc.inference.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.TensorProto;

/**
 * What a warm-up record asks for. Of TensorFlow Serving's {@code PredictionLog} only predict
 * requests are read; field numbers come from its {@code prediction_log.proto} and {@code
 * predict.proto}.
 *
 * @param signature the signature's key, empty for the default
 */
record WarmUpRequest(String signature, Map<String, Tensor> inputs) {
  private static final int PREDICT_LOG = 6;

  /**
   * Reads a record.
   *
   * @return null if it is no predict request
   * @throws IllegalArgumentException if it is malformed
   */
  static @Nullable WarmUpRequest read(byte[] record) {
    WarmUpRequest found = null;
    WireReader log = new WireReader(record);
    while (log.next()) {
      if (log.isBytes(PREDICT_LOG)) {
        WireReader predict = log.message();
        while (predict.next()) {
          if (predict.isBytes(1)) {
            found = request(predict.message());
          }
        }
      }
    }
    return found;
  }

  private static WarmUpRequest request(WireReader request) {
    String signature = "";
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    while (request.next()) {
      if (request.isBytes(1)) {
        WireReader spec = request.message();
        while (spec.next()) {
          if (spec.isBytes(3)) {
            signature = spec.text();
          }
        }
      } else if (request.isBytes(2)) {
        input(request.message(), inputs);
      }
    }
    return new WarmUpRequest(signature, inputs);
  }

  private static void input(WireReader entry, Map<String, Tensor> inputs) {
    String name = "";
    Tensor tensor = null;
    while (entry.next()) {
      if (entry.isBytes(1)) {
        name = entry.text();
      } else if (entry.isBytes(2)) {
        tensor = tensor(entry.copy());
      }
    }
    if (tensor != null) {
      inputs.put(name, tensor);
    }
  }

  private static Tensor tensor(byte[] bytes) {
    try {
      return TensorProtoReader.read(TensorProto.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not a TensorProto: " + e.getMessage(), e);
    }
  }
}

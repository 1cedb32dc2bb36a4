package dev.inproc.inference.tf;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_AllocateTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_STRING;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_Copy;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_GetDataPointer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_GetSize;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_Init;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorData;

import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.internal.c_api.TF_TString;
import org.tensorflow.internal.c_api.TF_Tensor;

/** Tensors of strings: TensorFlow's are bytes, ours are bytes or text that UTF-8 encodes. */
final class NativeStrings {
  private static final int STRUCT_BYTES = 24; // sizeof(TF_TString)

  private NativeStrings() {}

  static TF_Tensor write(Object[] values, long[] dims) {
    byte[][] encoded = new byte[values.length][];
    int longest = 1;
    for (int i = 0; i < values.length; i++) {
      encoded[i] =
          values[i] instanceof byte[] bytes
              ? bytes
              : ((String) values[i]).getBytes(StandardCharsets.UTF_8);
      longest = Math.max(longest, encoded[i].length);
    }
    long bytes = (long) values.length * STRUCT_BYTES;
    TF_Tensor tensor = TF_AllocateTensor(TF_STRING, dims, dims.length, bytes);
    TF_TString strings = new TF_TString(TF_TensorData(tensor));
    try (BytePointer scratch = new BytePointer(longest)) {
      for (int i = 0; i < encoded.length; i++) {
        scratch.put(encoded[i], 0, encoded[i].length);
        strings.position(i);
        TF_TString_Init(strings);
        TF_TString_Copy(strings, scratch, encoded[i].length);
      }
    }
    return tensor;
  }

  static byte[][] read(TF_Tensor tensor, int count, LongConsumer checkLength) {
    byte[][] values = new byte[count][];
    if (count == 0) {
      return values;
    }
    TF_TString strings = new TF_TString(TF_TensorData(tensor));
    for (int i = 0; i < count; i++) {
      strings.position(i);
      long length = TF_TString_GetSize(strings);
      checkLength.accept(length);
      byte[] bytes = new byte[(int) length];
      if (bytes.length > 0) {
        TF_TString_GetDataPointer(strings).get(bytes);
      }
      values[i] = bytes;
    }
    return values;
  }
}

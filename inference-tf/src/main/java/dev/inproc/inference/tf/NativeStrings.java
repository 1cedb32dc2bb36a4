package dev.inproc.inference.tf;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_AllocateTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_STRING;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_Copy;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_GetDataPointer;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_GetSize;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_Init;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorData;

import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.internal.c_api.TF_TString;
import org.tensorflow.internal.c_api.TF_Tensor;

/** Tensors of strings: TensorFlow's are byte strings, ours are text, UTF-8 between them. */
final class NativeStrings {
  private static final int STRUCT_BYTES = 24; // sizeof(TF_TString)

  private NativeStrings() {}

  static TF_Tensor write(String[] values, long[] dims) {
    byte[][] encoded = new byte[values.length][];
    int longest = 1;
    for (int i = 0; i < values.length; i++) {
      encoded[i] = values[i].getBytes(StandardCharsets.UTF_8);
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

  static String[] read(TF_Tensor tensor, int count) {
    String[] values = new String[count];
    if (count == 0) {
      return values;
    }
    TF_TString strings = new TF_TString(TF_TensorData(tensor));
    for (int i = 0; i < count; i++) {
      strings.position(i);
      byte[] bytes = new byte[Math.toIntExact(TF_TString_GetSize(strings))];
      if (bytes.length > 0) {
        TF_TString_GetDataPointer(strings).get(bytes);
      }
      values[i] = new String(bytes, StandardCharsets.UTF_8);
    }
    return values;
  }
}

package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.SavedModels;
import dev.inproc.inference.tf.testing.WarmUpRecords;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServingWarmUpTest {
  @TempDir Path directory;

  private Session load(byte[] requests) throws IOException {
    SavedModels.remember().write(directory);
    Path extra = directory.resolve("assets.extra");
    Files.createDirectories(extra);
    Files.write(extra.resolve("tf_serving_warmup_requests"), requests);
    return new TensorFlowEngine().load(ModelSource.file(directory), stateIgnored());
  }

  /** Else a model that remembers is not warmed up. */
  private static SessionOptions stateIgnored() {
    IntegrityOptions ignoring = IntegrityOptions.DEFAULT.withStateIgnored(true);
    return SessionOptions.builder().integrity(ignoring).build();
  }

  @Test
  void load_modelThatKeepsState_isNotWarmedUp() throws IOException {
    load(WarmUpRecords.file(WarmUpRecords.predict("", "x", 1, 2))).close();
    try (Session session = new TensorFlowEngine().load(ModelSource.file(directory))) {
      assertArrayEquals(new float[] {-1, -1}, remembered(session));
    }
  }

  /** The model remembers what it was given, so the request shows. */
  private static float[] remembered(Session session) {
    Session last = session.outputs("last");
    return last.predict(Tensors.of("x", Tensor.of(0f, 0f))).only().toFloats();
  }

  @Test
  void load_requestsBesideTheModel_areRun() throws IOException {
    byte[] requests =
        WarmUpRecords.file(
            WarmUpRecords.predict("", "x", 1, 2),
            WarmUpRecords.predict("another", "x", 5, 6),
            WarmUpRecords.predict("serving_default", "x", 3, 4));
    try (Session session = load(requests)) {
      assertArrayEquals(new float[] {3, 4}, remembered(session));
    }
  }

  @Test
  void load_malformedAfterAGoodOne_loadsAllTheSame() throws IOException {
    byte[] good = WarmUpRecords.file(WarmUpRecords.predict("", "x", 1, 2));
    byte[] cut = Arrays.copyOf(good, good.length - 1);
    byte[] flipped = good.clone();
    flipped[20] ^= 1;
    for (byte[] requests :
        new byte[][] {
          WarmUpRecords.join(good, cut),
          WarmUpRecords.join(good, flipped),
          WarmUpRecords.join(good, new byte[] {1, 2, 3}),
          WarmUpRecords.join(good, WarmUpRecords.file(new byte[] {0x32, 0x7f})),
          WarmUpRecords.join(good, WarmUpRecords.file(WarmUpRecords.predict("", "z", 1, 2))),
          WarmUpRecords.join(good, WarmUpRecords.file(WarmUpRecords.predict("", "x", 1, 2, 3))),
        }) {
      try (Session session = load(requests)) {
        assertArrayEquals(new float[] {1, 2}, remembered(session));
      }
    }
  }

  @Test
  void next_hugeLength_takesNoMemory() throws IOException {
    byte[] record = WarmUpRecords.record(new byte[10]);
    WarmUpRecords.claim(record, Long.MAX_VALUE);
    TfRecordReader reader = new TfRecordReader(new ByteArrayInputStream(record), 100);
    IOException failure = assertThrows(IOException.class, reader::next);
    assertEquals(
        "a record of " + Long.MAX_VALUE + " bytes; at most 100 are read", failure.getMessage());
    assertNull(new TfRecordReader(new ByteArrayInputStream(new byte[0]), 100).next());
  }

  /** The checksum of the published CRC-32C test vector "123456789", masked. */
  @Test
  void masked_knownVector_isRotatedAndShifted() {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    int crc = 0xe3069283;
    int expected = ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
    assertEquals(expected, TfRecordReader.masked(digits, digits.length));
  }

  @Test
  void tensorProto_everyTypeAndRepeatedLastValue_isRead() {
    for (DataType type : EnumSet.complementOf(EnumSet.of(DataType.SEQUENCE))) {
      assertEquals(ones(type), TensorProtoReader.read(WarmUpRecords.ones(type, 3)));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> TensorProtoReader.read(WarmUpRecords.ones(DataType.FLOAT32, 1L << 40)));
  }

  private static Tensor ones(DataType type) {
    Shape three = Shape.of(3);
    return switch (type) {
      case FLOAT32 -> Tensor.of(1f, 1f, 1f);
      case FLOAT64 -> Tensor.of(three, 1.0, 1.0, 1.0);
      case FLOAT16 -> Tensor.ofFloat16(three, 1, 1, 1);
      case BFLOAT16 -> Tensor.ofBfloat16(three, 1, 1, 1);
      case INT8 -> Tensor.of(three, (byte) 1, (byte) 1, (byte) 1);
      case UINT8 -> Tensor.ofUint8(three, (byte) 1, (byte) 1, (byte) 1);
      case INT16 -> Tensor.of(three, (short) 1, (short) 1, (short) 1);
      case INT32 -> Tensor.of(three, 1, 1, 1);
      case INT64 -> Tensor.of(1L, 1L, 1L);
      case UINT16 -> Tensor.ofUint16(three, (short) 1, (short) 1, (short) 1);
      case UINT32 -> Tensor.ofUint32(three, 1, 1, 1);
      case UINT64 -> Tensor.ofUint64(three, 1, 1, 1);
      case BOOL -> Tensor.of(three, true, true, true);
      case STRING -> Tensor.of("1", "1", "1");
      case SEQUENCE -> throw new IllegalArgumentException("no tensor of one type");
    };
  }
}

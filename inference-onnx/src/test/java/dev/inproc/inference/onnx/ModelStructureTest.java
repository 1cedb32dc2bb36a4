package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import dev.inproc.inference.onnx.format.ExternalData;
import dev.inproc.inference.onnx.format.FileBytes;
import dev.inproc.inference.onnx.format.ModelStructure;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.onnx.format.ProtoWriter;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.onnx.testing.Tensors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelStructureTest {
  private static final TensorProto EXTERNAL = Tensors.external("w", 1, "weights.bin", 8, 2);

  @TempDir Path directory;

  private static List<ExternalData> external(byte[] model) {
    return List.copyOf(ModelStructure.of(ProtoBytes.of(model)).external());
  }

  private static void assertRefused(String reason, byte[] model) {
    ProtoException failure = assertThrows(ProtoException.class, () -> external(model));
    assertTrue(failure.getMessage().contains(reason), failure::getMessage);
  }

  /** A model with one initializer. */
  private static byte[] with(byte[] tensor) {
    byte[] graph = new ProtoWriter().bytes(5, tensor).toByteArray();
    return new ProtoWriter().bytes(7, graph).toByteArray();
  }

  private static byte[] with(TensorProto.Builder tensor) {
    return with(tensor.build().toByteArray());
  }

  private static TensorProto.Builder tensor(String... keysAndValues) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName("w").setDataLocation(DataLocation.EXTERNAL);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      tensor.addExternalData(
          StringStringEntryProto.newBuilder()
              .setKey(keysAndValues[i])
              .setValue(keysAndValues[i + 1]));
    }
    return tensor;
  }

  @Test
  void external_whereverTheFormatAllowsATensor_isFound() {
    List<TensorPlaces.Place> places = TensorPlaces.of(EXTERNAL);
    assertTrue(places.size() > 80, "only " + places.size() + " places");
    for (TensorPlaces.Place place : places) {
      assertEquals(
          List.of(new ExternalData("weights.bin", "w", 8)), external(place.model()), place.way());
    }
  }

  @Test
  void external_ofSeveralTensors_isTheFurthestEndByLocation() {
    byte[] model =
        ModelProto.newBuilder()
            .setGraph(
                GraphProto.newBuilder()
                    .addInitializer(tensor("location", "b", "length", "7"))
                    .addInitializer(tensor("location", "a", "offset", "5", "length", "6"))
                    .addInitializer(tensor("location", "a", "offset", "9", "length", "1")))
            .build()
            .toByteArray();
    assertEquals(
        List.of(new ExternalData("a", "w", 11), new ExternalData("b", "w", 7)), external(model));
  }

  @Test
  void external_oddOrAmbiguous_isRefused() {
    assertRefused("has no location", with(tensor()));
    assertRefused("offset \"-1\"", with(tensor("location", "a", "offset", "-1")));
    assertRefused("length \"0x9\"", with(tensor("location", "a", "length", "0x9")));
    assertRefused("length \"\"", with(tensor("location", "a", "length", "")));
    String beyond = "9223372036854775808";
    assertRefused("offset \"" + beyond, with(tensor("location", "a", "offset", beyond)));
    String last = "9223372036854775807";
    assertRefused("beyond 2^63", with(tensor("location", "a", "offset", last, "length", "1")));
    assertRefused("unknown entry \"prepacked_0\"", with(tensor("prepacked_0", "k|0;9;x")));
    assertRefused("two entries \"location\"", with(tensor("location", "a", "location", "../b")));
    assertRefused("more than 4096", with(tensor("location", "a".repeat(4097))));
  }

  @Test
  void external_entriesOfATensorThatIsNot_areIgnored() {
    TensorProto.Builder tensor = tensor("location", "../x", "unknown", "y").clearDataLocation();
    assertEquals(List.of(), external(with(tensor)));
  }

  @Test
  void external_entryWithTwoValues_isRefused() {
    byte[] entry =
        new ProtoWriter()
            .string(1, "location")
            .string(2, "harmless")
            .string(2, "../../etc/passwd")
            .toByteArray();
    assertRefused(
        "one value", with(new ProtoWriter().varint(14, 1).bytes(13, entry).toByteArray()));
  }

  @Test
  void external_locationFlagBeyondAnInt_counts() {
    byte[] entry = new ProtoWriter().string(1, "location").string(2, "a").toByteArray();
    byte[] tensor = new ProtoWriter().bytes(13, entry).varint(14, (1L << 32) + 1).toByteArray();
    assertEquals(1, external(with(tensor)).size());
  }

  /** Protobuf merges the two: the first says where, the second that it is external. */
  @Test
  void tensor_inTwoHalves_isRefused() {
    byte[] where = EXTERNAL.toBuilder().clearDataLocation().build().toByteArray();
    byte[] that =
        TensorProto.newBuilder().setDataLocation(DataLocation.EXTERNAL).build().toByteArray();
    byte[] attribute =
        new ProtoWriter().string(1, "value").bytes(5, where).bytes(5, that).toByteArray();
    byte[] node = new ProtoWriter().string(4, "Constant").bytes(5, attribute).toByteArray();
    byte[] graph = new ProtoWriter().bytes(1, node).toByteArray();
    assertRefused("two fields 5", new ProtoWriter().bytes(7, graph).toByteArray());
    assertRefused(
        "two fields 7",
        new ProtoWriter().bytes(7, new byte[0]).bytes(7, new byte[0]).toByteArray());
  }

  @Test
  void node_epContext_isRefused() {
    byte[] node = new ProtoWriter().string(4, "EPContext").toByteArray();
    byte[] graph = new ProtoWriter().bytes(1, node).toByteArray();
    assertRefused("EPContext", new ProtoWriter().bytes(7, graph).toByteArray());
  }

  @Test
  void graphs_tenThousandDeep_areRefused() {
    assertRefused("100 deep", HostileModels.nested(10_000));
  }

  @Test
  void types_tenThousandDeep_areRefused() {
    assertRefused("100 deep", HostileModels.nestedTypes(10_000));
  }

  @Test
  void nodes_elevenMillion_areRefused() {
    assertRefused("messages", HostileModels.manyNodes(11_000_000));
  }

  @Test
  void locations_tooMany_areRefused() {
    assertRefused("external files", HostileModels.manyLocations(100_001));
  }

  @Test
  void truncated_anywhere_isRefusedOrWhole() {
    byte[] model = Models.tinyMlp();
    int refused = 0;
    for (int length = 0; length < model.length; length++) {
      try {
        external(Arrays.copyOf(model, length));
      } catch (ProtoException e) {
        refused++;
      }
    }
    assertTrue(refused > model.length / 2, "only " + refused + " of " + model.length);
  }

  @Test
  void payload_ofATensor_isNotRead() {
    byte[] payload = new byte[64 << 20];
    new Random(5).nextBytes(payload);
    byte[] model = with(new ProtoWriter().string(8, "w").bytes(9, payload).toByteArray());
    CountingBytes counted = new CountingBytes(ProtoBytes.of(model));
    assertEquals(List.of(), List.copyOf(ModelStructure.of(counted).external()));
    assertTrue(counted.read < 200, "read " + counted.read + " bytes");
  }

  @Test
  void file_beyondTwoGigabytes_isWalkedToItsEnd() throws IOException {
    // A sparse file: a graph of 3 GiB with a hole of a tensor, and an external one behind it.
    long hole = 3L << 30;
    byte[] external = new ProtoWriter().bytes(5, EXTERNAL.toByteArray()).toByteArray();
    byte[] rawData = HostileModels.lengthDelimited(9, hole);
    byte[] tensor = HostileModels.lengthDelimited(5, rawData.length + hole);
    byte[] graph =
        HostileModels.lengthDelimited(7, tensor.length + rawData.length + hole + external.length);
    Path file = directory.resolve("large.onnx");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(graph);
      out.write(tensor);
      out.write(rawData);
      out.seek(out.getFilePointer() + hole);
      out.write(external);
    }
    try (FileBytes bytes = new FileBytes(file)) {
      assertEquals(
          List.of(new ExternalData("weights.bin", "w", 8)),
          List.copyOf(ModelStructure.of(bytes).external()));
    }
  }

  @Test
  void realModel_hasNoExternalData() {
    assertEquals(List.of(), external(Models.convNet()));
    assertEquals(List.of(), external(Models.treeEnsemble(true, true)));
  }

  private static final class CountingBytes implements ProtoBytes {
    private final ProtoBytes bytes;
    private long read;

    CountingBytes(ProtoBytes bytes) {
      this.bytes = bytes;
    }

    @Override
    public long size() {
      return bytes.size();
    }

    @Override
    public byte at(long position) {
      read++;
      return bytes.at(position);
    }

    @Override
    public void copy(long position, byte[] target, int offset, int length) {
      read += length;
      bytes.copy(position, target, offset, length);
    }
  }
}

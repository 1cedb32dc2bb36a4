package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.onnx.format.ProtoField;
import dev.inproc.inference.onnx.format.ProtoFields;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtoFieldsTest {
  private static ProtoBytes hex(String digits) {
    return ProtoBytes.of(HexFormat.of().parseHex(digits));
  }

  private static List<ProtoField> all(String digits) {
    List<ProtoField> fields = new ArrayList<>();
    ProtoFields.of(hex(digits)).forEach(fields::add);
    return fields;
  }

  @Test
  void fields_ofEveryWireType_areSplitInOrder() {
    List<ProtoField> fields = all("089601" + "11" + "00".repeat(8) + "1a03616263" + "2501020304");
    assertEquals(List.of(1, 2, 3, 4), fields.stream().map(ProtoField::number).toList());
    assertEquals(150, fields.get(0).varint());
    assertEquals("abc", fields.get(2).string());
    assertEquals(List.of(97L, 98L, 99L), fields.get(2).varints());
  }

  @ParameterizedTest
  @CsvSource({
    "08, ends too early", // a tag and nothing else
    "0a05616263, ends too early", // longer than the message
    "0affffffff0f, ends too early", // -1 as 32 bits
    "0affffffffffffffffff01, does not end", // -1 as 64 bits
    "0a80808080800161, does not end", // an overlong length
    "08ffffffffffffffffffff01, does not end", // an overlong number
    "ffffffffffff01, does not end", // an overlong tag
    "0000, field number 0",
    "f8ffffff7f00, field number", // beyond 2^29
    "0b0c, wire type 3", // a group
    "0c, wire type 4",
    "0e00, wire type 6",
    "0f00, wire type 7",
    "0900000000000000, ends too early",
    "0d000000, ends too early",
  })
  void fields_malformed_sayWhat(String digits, String reason) {
    ProtoException failure = assertThrows(ProtoException.class, () -> all(digits));
    assertTrue(failure.getMessage().contains(reason), failure::getMessage);
  }

  @ParameterizedTest
  @CsvSource({"0801, not a message or text", "0a02c328, not UTF-8"})
  void string_ofSomethingElse_saysWhat(String digits, String reason) {
    ProtoField field = all(digits).get(0);
    ProtoException failure = assertThrows(ProtoException.class, field::string);
    assertTrue(failure.getMessage().contains(reason), failure::getMessage);
  }
}

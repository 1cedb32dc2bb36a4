package dev.inproc.inference.onnx;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Gathers from a TensorProto's fields where its data lies, if that is outside the model. */
final class ExternalTensor {
  private static final int NAME = 8;
  private static final int EXTERNAL_DATA = 13;
  private static final int DATA_LOCATION = 14;
  private static final int ENTRY_KEY = 1;
  private static final int ENTRY_VALUE = 2;
  private static final int MAX_SHOWN = 100;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,19}");

  private final Map<String, String> entries = new LinkedHashMap<>();
  private String name = "";
  private boolean isExternal;

  void read(ProtoField field) {
    switch (field.number()) {
      case NAME -> name = shown(field);
      case EXTERNAL_DATA -> entry(field.fields());
      // Any other value than 0: an enum's upper bits are cut off by one reader, kept by another.
      case DATA_LOCATION -> isExternal |= field.varint() != 0;
      default -> {}
    }
  }

  private static String shown(ProtoField field) {
    if (field.wireType() != 2) {
      return "?";
    }
    byte[] bytes = new byte[(int) Math.min(field.length(), MAX_SHOWN)];
    field.source().copy(field.payload(), bytes, 0, bytes.length);
    return new String(bytes, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?");
  }

  private void entry(Iterable<ProtoField> fields) {
    String key = null;
    String value = null;
    for (ProtoField field : fields) {
      if (field.number() == ENTRY_KEY && key == null) {
        key = text(field);
      } else if (field.number() == ENTRY_VALUE && value == null) {
        value = text(field);
      } else {
        throw refused("has an entry of external data that is not one key and one value");
      }
    }
    if (key == null || value == null || entries.putIfAbsent(key, value) != null) {
      throw refused("has an entry of external data without key or value, or twice");
    }
  }

  private String text(ProtoField field) {
    if (field.length() > ModelStructure.MAX_LOCATION_BYTES) {
      throw refused("has external data of more than 4096 bytes where a name belongs");
    }
    return field.string();
  }

  /** Returns where the data lies; null if it is in the model. */
  @Nullable ExternalData externalData() {
    if (!isExternal) {
      return null; // ONNX Runtime ignores the entries then
    }
    String location = null;
    long offset = 0;
    long length = 0;
    for (Map.Entry<String, String> entry : entries.entrySet()) {
      String value = entry.getValue();
      switch (entry.getKey()) {
        case "location" -> location = value;
        case "offset" -> offset = number("offset", value);
        case "length" -> length = number("length", value);
        case "checksum" -> {}
        default ->
            throw refused("has external data with an unknown entry \"" + shown(entry) + "\"");
      }
    }
    if (location == null) {
      throw refused("is external, but has no location");
    }
    if (length > Long.MAX_VALUE - offset) {
      throw refused("ends beyond 2^63: offset " + offset + ", length " + length);
    }
    return new ExternalData(location, name, offset + length);
  }

  private static String shown(Map.Entry<String, String> entry) {
    String key = entry.getKey().replaceAll("\\p{Cntrl}", "?");
    return key.length() > MAX_SHOWN ? key.substring(0, MAX_SHOWN) : key;
  }

  private long number(String key, String value) {
    if (NUMBER.matcher(value).matches()) {
      try {
        return Long.parseLong(value);
      } catch (NumberFormatException e) {
        // 19 digits, but beyond 2^63
      }
    }
    throw refused("has the " + key + " \"" + value.replaceAll("\\p{Cntrl}", "?") + "\"");
  }

  private ProtoException refused(String what) {
    return new ProtoException("tensor \"" + name + "\" " + what);
  }
}

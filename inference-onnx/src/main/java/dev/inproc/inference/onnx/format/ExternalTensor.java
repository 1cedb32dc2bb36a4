package dev.inproc.inference.onnx.format;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Gathers from a TensorProto's fields where its data lies, if that is outside the model. */
final class ExternalTensor {
  private static final int NAME = 8;
  private static final int EXTERNAL_DATA = 13;
  private static final int DATA_LOCATION = 14;
  private static final int ENTRY_KEY = 1;
  private static final int ENTRY_VALUE = 2;
  private static final int MAX_LOCATION_BYTES = 4096; // the longest path on Linux
  private static final int MAX_SHOWN = 100;
  private static final Set<String> KEYS = Set.of("location", "offset", "length", "checksum");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,19}");

  private final Map<String, String> entries = new HashMap<>();
  private @Nullable String unknownKey;
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
    return shown(new String(bytes, StandardCharsets.UTF_8));
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
    if (key == null || value == null) {
      throw refused("has an entry of external data without key or value");
    }
    if (!KEYS.contains(key)) {
      unknownKey = key; // kept alone: there may be any number
    } else if (entries.putIfAbsent(key, value) != null) {
      throw refused("has external data with two entries \"" + key + "\"");
    }
  }

  private String text(ProtoField field) {
    if (field.length() > MAX_LOCATION_BYTES) {
      throw refused(
          "has external data of more than " + MAX_LOCATION_BYTES + " bytes where a name belongs");
    }
    return field.string();
  }

  /** Returns where the data lies; null if it is in the model. */
  @Nullable ExternalData externalData() {
    if (!isExternal) {
      return null; // ONNX Runtime ignores the entries then
    }
    if (unknownKey != null) {
      throw refused("has external data with an unknown entry \"" + shown(unknownKey) + "\"");
    }
    String location = entries.get("location");
    if (location == null) {
      throw refused("is external, but has no location");
    }
    long offset = number("offset");
    long length = number("length");
    if (length > Long.MAX_VALUE - offset) {
      throw refused("ends beyond 2^63: offset " + offset + ", length " + length);
    }
    return new ExternalData(location, name, offset + length);
  }

  private static String shown(String text) {
    String printable = text.replaceAll("\\p{Cntrl}", "?");
    return printable.length() > MAX_SHOWN ? printable.substring(0, MAX_SHOWN) : printable;
  }

  /** Returns the number of this entry; 0 if there is none. */
  private long number(String key) {
    String value = entries.getOrDefault(key, "0");
    if (NUMBER.matcher(value).matches()) {
      try {
        return Long.parseLong(value);
      } catch (NumberFormatException e) {
        // 19 digits, but beyond 2^63
      }
    }
    throw refused("has the " + key + " \"" + shown(value) + "\"");
  }

  private ProtoException refused(String what) {
    return new ProtoException("tensor \"" + name + "\" " + what);
  }
}

package dev.inproc.inference.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.EngineException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Passes strings exactly that the Java binding would change, see {@link PlainText}. ONNX Runtime
 * itself does the work, in two small graphs:
 *
 * <ul>
 *   <li><b>In</b>, a string goes as pieces: plain text, and single bytes as numbers, which a table
 *       of 256 strings turns into bytes. The pieces of each string are joined in pairs until one is
 *       left.
 *   <li><b>Out</b>, the binding decodes a character beyond U+FFFF byte by byte, into four
 *       characters, and cuts the string to the length that it would have otherwise. So a tail is
 *       appended first, which is cut off in place of text, and the four are put together. How the
 *       JVM decodes is nowhere promised; so what was read is passed in again and compared with the
 *       output, in native code. A string that is not found equal is a failure.
 * </ul>
 */
final class ExactText implements AutoCloseable {
  /** More pieces of one element are refused: each costs about 100 bytes while it is passed. */
  static final int MAX_PIECES = 1 << 20;

  private static final int GROUP_PIECES = 1 << 16; // passed at a time, unless one has more
  private static final int FIRST_TAIL = 64;
  private static final char TAIL = 'x';

  private final OrtEnvironment environment;
  private final OrtSession joining;
  private final OrtSession comparing;

  ExactText(OrtEnvironment environment) throws OrtException {
    this.environment = environment;
    joining = open(joiningGraph());
    boolean opened = false;
    try {
      comparing = open(comparingGraph());
      opened = true;
    } finally {
      if (!opened) {
        joining.close();
      }
    }
  }

  private OrtSession open(byte[] model) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1); // no threads of its own
      options.setInterOpNumThreads(1);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      return environment.createSession(model, options);
    }
  }

  /** Puts strings joined from pieces in their places among all, and gives all a shape. */
  private static byte[] joiningGraph() {
    HelperGraph pair =
        new HelperGraph()
            .input("round", HelperGraph.INT64, 0)
            .input("go", HelperGraph.BOOL, 0)
            .input("pieces", HelperGraph.STRING, -1)
            .node("Slice", "pieces zero end one two", "even")
            .node("Slice", "pieces one end one two", "odd")
            .node("StringConcat", "even odd", "pairs")
            .node("Identity", "go", "goOn")
            .output("goOn", HelperGraph.BOOL, 0)
            .output("pairs", HelperGraph.STRING, -1);
    return new HelperGraph()
        .input("all", HelperGraph.STRING, -1)
        .input("shape", HelperGraph.INT64, 1)
        .input("places", HelperGraph.INT64, 2)
        .input("texts", HelperGraph.STRING, 2)
        .input("bytes", HelperGraph.INT64, 2)
        .input("rounds", HelperGraph.INT64, 0)
        .everyByte("table")
        .constant("zero", 0)
        .constant("one", 1)
        .constant("two", 2)
        .constant("end", Long.MAX_VALUE)
        .constant("flat", -1)
        .node("Gather", "table bytes", "byteStrings")
        .node("StringConcat", "texts byteStrings", "pieces")
        .loop("rounds _ pieces", "joined", pair)
        .node("Squeeze", "joined one", "strings")
        .node("Reshape", "all flat", "line")
        .node("ScatterND", "line places strings", "whole")
        .node("Reshape", "whole shape", "result")
        .output("result", HelperGraph.STRING, -1)
        .build();
  }

  private static byte[] comparingGraph() {
    return new HelperGraph()
        .input("a", HelperGraph.STRING, -1)
        .input("b", HelperGraph.STRING, -1)
        .node("StringConcat", "a b", "both")
        .node("Equal", "a b", "same")
        .output("both", HelperGraph.STRING, -1)
        .output("same", HelperGraph.BOOL, -1)
        .build();
  }

  // ---- in ----

  /** Makes a tensor of these strings, each a {@link String} or a {@code byte[]}. */
  OnnxTensor create(Object[] values, long[] dims) throws OrtException {
    String[] plain = new String[values.length];
    int[] others =
        IntStream.range(0, values.length).filter(i -> !PlainText.isPlain(values[i])).toArray();
    for (int i = 0; i < plain.length; i++) {
      plain[i] = PlainText.isPlain(values[i]) ? (String) values[i] : "";
    }
    OnnxTensor all = OnnxTensor.createTensor(environment, plain, dims);
    for (Group group : groups(values, others)) {
      try (OnnxTensor before = all) {
        all = put(group, before, dims);
      }
    }
    return all;
  }

  /** Strings that are joined together, each of so many pieces. */
  private record Group(List<Integer> places, List<TextPieces> strings, int width) {}

  private static int size(Map<Integer, TextPieces> pieces, int place) {
    return Objects.requireNonNull(pieces.get(place)).size();
  }

  private static List<Group> groups(Object[] values, int[] others) {
    Map<Integer, TextPieces> pieces = new LinkedHashMap<>();
    for (int each : others) {
      pieces.put(each, TextPieces.of(values[each]));
    }
    List<Integer> order =
        pieces.keySet().stream().sorted(Comparator.comparingInt(i -> size(pieces, i))).toList();
    List<Group> groups = new ArrayList<>();
    int to = order.size();
    while (to > 0) {
      int width = Math.max(2, Integer.highestOneBit(size(pieces, order.get(to - 1)) * 2 - 1));
      int from = Math.max(0, to - Math.max(1, GROUP_PIECES / width));
      List<Integer> places = order.subList(from, to);
      groups.add(new Group(places, places.stream().map(pieces::get).toList(), width));
      to = from;
    }
    return groups;
  }

  private OnnxTensor put(Group group, OnnxTensor all, long[] dims) throws OrtException {
    int rows = group.places.size();
    int width = group.width;
    String[] texts = new String[rows * width];
    Arrays.fill(texts, "");
    LongBuffer bytes = longs(rows * width);
    LongBuffer places = longs(rows);
    for (int row = 0; row < rows; row++) {
      TextPieces pieces = group.strings.get(row);
      places.put(row, group.places.get(row));
      for (int i = 0; i < width; i++) {
        boolean there = i < pieces.size();
        texts[row * width + i] = there ? pieces.text(i) : "";
        bytes.put(row * width + i, there ? pieces.following(i) : TextPieces.NO_BYTE);
      }
    }
    long rounds = Integer.numberOfTrailingZeros(width);
    LongBuffer shape = longs(dims.length);
    shape.put(0, dims);
    long[] grid = {rows, width};
    try (OnnxTensor shapeTensor = tensor(shape, dims.length);
        OnnxTensor placeTensor = tensor(places, rows, 1);
        OnnxTensor textTensor = OnnxTensor.createTensor(environment, texts, grid);
        OnnxTensor byteTensor = tensor(bytes, grid);
        OnnxTensor roundTensor = OnnxTensor.createTensor(environment, rounds)) {
      Map<String, OnnxTensor> inputs =
          Map.of(
              "all",
              all,
              "shape",
              shapeTensor,
              "places",
              placeTensor,
              "texts",
              textTensor,
              "bytes",
              byteTensor,
              "rounds",
              roundTensor);
      return (OnnxTensor) joining.run(inputs).get(0); // a result's other parts need no closing
    }
  }

  private OnnxTensor tensor(LongBuffer values, long... dims) throws OrtException {
    return OnnxTensor.createTensor(environment, values, dims);
  }

  private static LongBuffer longs(int count) {
    return ByteBuffer.allocateDirect(Math.max(1, count) * Long.BYTES)
        .order(ByteOrder.nativeOrder())
        .asLongBuffer()
        .limit(count);
  }

  // ---- out ----

  /**
   * Reads the strings of a tensor that has some.
   *
   * @param what names the tensor in failures
   * @throws EngineException if a string cannot be told
   */
  String[] read(OnnxTensor tensor, String what) throws OrtException {
    String[] cut = NativeStrings.of(tensor);
    String[] read = cut;
    int longest = Arrays.stream(cut).mapToInt(String::length).max().orElse(0);
    long most = 3L * longest + 1; // each character may be one of four bytes
    for (long tail = Math.min(most, FIRST_TAIL); ; tail = Math.min(most, tail * 16)) {
      String[] extended = extended(tensor, (int) Math.min(tail, Integer.MAX_VALUE / 4));
      read = new String[cut.length];
      boolean whole = true;
      for (int i = 0; i < read.length; i++) {
        read[i] = assemble(cut[i].length(), extended[i]);
        whole &= extended[i].length() > 0 && extended[i].charAt(extended[i].length() - 1) == TAIL;
      }
      if (whole || tail >= most) {
        break;
      }
    }
    requireEqual(tensor, read, what);
    return read;
  }

  private String[] extended(OnnxTensor tensor, int tail) throws OrtException {
    String[] text = {Character.toString(TAIL).repeat(tail)};
    try (OnnxTensor end = OnnxTensor.createTensor(environment, text, new long[0]);
        OrtSession.Result result = comparing.run(Map.of("a", tensor, "b", end), Set.of("both"))) {
      return NativeStrings.of((OnnxTensor) result.get(0));
    }
  }

  /**
   * Puts characters of four bytes together.
   *
   * @param length the length of the text where each of them counts once
   */
  private static String assemble(int length, String extended) {
    StringBuilder text = new StringBuilder();
    int counted = 0;
    for (int i = 0; counted < length && i < extended.length(); counted++) {
      int point = fourBytes(extended, i);
      if (point >= 0) {
        text.appendCodePoint(point);
        i += 4;
      } else {
        text.append(extended.charAt(i++));
      }
    }
    return text.toString();
  }

  /** Returns the character whose UTF-8 bytes begin here, one a character; -1 if there is none. */
  private static int fourBytes(String text, int at) {
    if (at + 4 > text.length() || text.charAt(at) < 0xf0 || text.charAt(at) > 0xf4) {
      return -1;
    }
    int point = text.charAt(at) & 0x07;
    for (int i = 1; i < 4; i++) {
      char c = text.charAt(at + i);
      if (c < 0x80 || c > 0xbf) {
        return -1;
      }
      point = (point << 6) | (c & 0x3f);
    }
    return Character.isSupplementaryCodePoint(point) ? point : -1;
  }

  private void requireEqual(OnnxTensor tensor, String[] read, String what) throws OrtException {
    long[] dims = tensor.getInfo().getShape();
    try (OnnxTensor again = create(read, dims);
        OrtSession.Result result = comparing.run(Map.of("a", tensor, "b", again), Set.of("same"))) {
      ByteBuffer same = ((OnnxTensor) result.get(0)).getByteBuffer();
      for (int i = 0; i < read.length; i++) {
        if (same.get(i) == 0) {
          throw new EngineException(
              what
                  + ": element "
                  + i
                  + " cannot be read through ONNX Runtime's Java binding: it holds a NUL character,"
                  + " bytes that are not UTF-8, or text that the binding changes",
              null);
        }
      }
    }
  }

  @Override
  @SuppressWarnings("try") // closes both, whatever either throws
  public void close() {
    try (OrtSession first = joining;
        OrtSession second = comparing) {
      // closes both, whatever either throws
    } catch (OrtException e) {
      throw new EngineException("A helper session does not close: " + e.getMessage(), e);
    }
  }
}

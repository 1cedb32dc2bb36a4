package dev.inproc.inference.cache.streams;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Streams in two files: {@code answer<TAB>text} a line, and the vectors in the same order as
 * little-endian floats. {@code StreamFiles KIND SEED SIZE NAME} writes NAME.tsv and NAME.f32; KIND
 * is questions, texts, repeats, drift, clusters or cluster-drift.
 */
public final class StreamFiles {
  private StreamFiles() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 4) {
      throw new IllegalArgumentException("Expected KIND SEED SIZE NAME");
    }
    long seed = Long.parseLong(arguments[1]);
    int size = Integer.parseInt(arguments[2]);
    List<StreamRequest> stream = generate(arguments[0], seed, size);
    write(stream, Path.of(arguments[3] + ".tsv"), Path.of(arguments[3] + ".f32"));
  }

  /** Returns the stream of a kind. */
  public static List<StreamRequest> generate(String kind, long seed, int size) {
    return switch (kind) {
      case "questions" -> new QuestionStream(seed, HashedEmbedder.DIMENSIONS).generate(size);
      case "texts" -> TextStream.of(seed, size).generate();
      case "repeats" -> TextStream.of(seed, size).withRepeats(0.9).generate();
      case "drift" -> TextStream.of(seed, size).withDrift().generate();
      case "clusters" -> ClusterStream.of(seed, size).generate();
      case "cluster-drift" -> ClusterStream.of(seed, size).withDrift().generate();
      default -> throw new IllegalArgumentException("Expected a kind of stream; got " + kind);
    };
  }

  public static void write(List<StreamRequest> stream, Path texts, Path vectors)
      throws IOException {
    List<String> lines = new ArrayList<>(stream.size());
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(vectors))) {
      for (StreamRequest request : stream) {
        lines.add(plain(request.answer()) + '\t' + plain(request.text()));
        int bytes = request.vector().length * Float.BYTES;
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(request.vector());
        out.write(buffer.array());
      }
    }
    Files.write(texts, lines);
  }

  private static String plain(String text) {
    return text.replace('\t', ' ').replace('\n', ' ').replace('\r', ' ');
  }

  /**
   * Reads a stream, a vector at a time.
   *
   * @throws IllegalArgumentException if a line or the number of vectors is not as said; the message
   *     names it
   */
  public static List<StreamRequest> read(Path texts, Path vectors) throws IOException {
    List<String> lines = Files.readAllLines(texts);
    try (FileChannel channel = FileChannel.open(vectors)) {
      ByteBuffer bytes = vectorOf(lines.size(), channel.size(), texts, vectors);
      List<StreamRequest> stream = new ArrayList<>(lines.size());
      for (int i = 0; i < lines.size(); i++) {
        stream.add(request(lines.get(i), i + 1, next(channel, bytes)));
      }
      return stream;
    }
  }

  private static ByteBuffer vectorOf(int lines, long size, Path texts, Path vectors) {
    if (lines == 0 || size % Float.BYTES != 0 || size / Float.BYTES % lines != 0) {
      throw new IllegalArgumentException(
          "Expected as many vectors of one length as the "
              + lines
              + " lines of "
              + texts
              + ", got "
              + size
              + " bytes in "
              + vectors);
    }
    return ByteBuffer.allocate((int) (size / lines)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static float[] next(FileChannel channel, ByteBuffer bytes) throws IOException {
    bytes.clear();
    while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
      // until it is full
    }
    FloatBuffer floats = bytes.flip().asFloatBuffer();
    float[] vector = new float[floats.remaining()];
    floats.get(vector);
    return vector;
  }

  private static StreamRequest request(String line, int number, float[] vector) {
    int tab = line.indexOf('\t');
    if (tab < 0) {
      throw new IllegalArgumentException(
          "line " + number + ": expected answer<TAB>text, got \"" + line + "\"");
    }
    return new StreamRequest(line.substring(tab + 1), line.substring(0, tab), vector);
  }
}

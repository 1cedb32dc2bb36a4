package dev.inproc.inference.cache.streams;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  public static List<StreamRequest> read(Path texts, Path vectors) throws IOException {
    List<String> lines = Files.readAllLines(texts);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(vectors));
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    int dimensions = bytes.remaining() / Float.BYTES / Math.max(1, lines.size());
    List<StreamRequest> stream = new ArrayList<>(lines.size());
    for (String line : lines) {
      float[] vector = new float[dimensions];
      for (int i = 0; i < dimensions; i++) {
        vector[i] = bytes.getFloat();
      }
      int tab = line.indexOf('\t');
      stream.add(new StreamRequest(line.substring(tab + 1), line.substring(0, tab), vector));
    }
    return stream;
  }
}

package dev.inproc.inference.onnx;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.FileStamp;
import dev.inproc.inference.internal.files.TemporaryDirectory;
import dev.inproc.inference.onnx.format.ExternalData;
import dev.inproc.inference.onnx.format.ExternalFiles;
import dev.inproc.inference.onnx.format.FileBytes;
import dev.inproc.inference.onnx.format.Locations;
import dev.inproc.inference.onnx.format.ModelStructure;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.spi.Statefulness;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Checks a model before native code sees it. */
final class ModelCheck {
  private static final Logger LOG = OnnxLog.LOG;
  private static final byte[] ORT_FORMAT = {'O', 'R', 'T', 'M'}; // from byte 4 on
  private static final long MAX_PROTOBUF_BYTES = Integer.MAX_VALUE - 8; // and an array's

  private final ModelSource source;
  private final long maxBytes;
  private final boolean trusted;
  private Statefulness statefulness = Statefulness.POSSIBLE;

  private ModelCheck(ModelSource source, long maxBytes, boolean trusted) {
    this.source = source;
    this.maxBytes = maxBytes;
    this.trusted = trusted;
  }

  /**
   * Checks a model.
   *
   * @param trusted skips the check of its structure, unless its digest must be verified
   * @throws ModelLoadException if there is anything wrong with it
   */
  static CheckedModel check(ModelSource source, long maxBytes, boolean trusted) {
    ModelCheck check = new ModelCheck(source, maxBytes, trusted);
    try {
      Path path = source.path();
      byte[] bytes = source.bytes();
      CheckedModel model =
          path != null ? check.file(path) : bytes == null ? check.resource() : check.bytes(bytes);
      return model.telling(check.statefulness);
    } catch (ProtoException e) {
      throw check.failure(NotAModel.explain(source, e.getMessage()), null);
    } catch (UncheckedIOException e) {
      throw check.failure(String.valueOf(e.getCause()), e);
    } catch (IOException e) {
      throw check.failure(TemporaryDirectory.explainCopy(e), e);
    }
  }

  private CheckedModel bytes(byte[] bytes) {
    if (bytes.length == 0) {
      throw failure("the model is empty", null);
    }
    checkSize(bytes.length);
    boolean verify = source.sha256() != null;
    if (!trusted || verify) {
      requireNoExternal(structure(ProtoBytes.of(bytes)));
    }
    if (verify) {
      verify(source.digest());
    }
    return CheckedModel.inMemory(source, bytes);
  }

  /**
   * Streams a resource into a file for as long as it loads, which takes half the memory of bytes on
   * the heap; into such bytes where no file can be written.
   */
  private CheckedModel resource() throws IOException {
    Snapshot snapshot = null;
    Path copy = null;
    try (InputStream in = source.open()) {
      snapshot = new Snapshot();
      copy = snapshot.add("model.onnx", in, maxBytes);
    } catch (IOException e) {
      if (snapshot != null) {
        snapshot.close();
      }
      LOG.log(Level.DEBUG, "{0} is loaded from the heap: {1}", source, e.toString());
      return bytes(HeapBytes.read(source, this::checkSize));
    }
    boolean checked = false;
    try {
      checkSize(copy == null ? Long.MAX_VALUE : Files.size(copy));
      CheckedModel model = copied(Objects.requireNonNull(copy), snapshot);
      checked = true;
      return model;
    } finally {
      if (!checked) {
        snapshot.close();
      }
    }
  }

  private CheckedModel copied(Path copy, Snapshot snapshot) throws IOException {
    FileStamp file = stamp(copy);
    requireProtobufSize(file);
    if (!trusted || source.sha256() != null) {
      try (FileBytes content = new FileBytes(copy)) {
        requireNoExternal(structure(content));
      }
      verify(ModelSource.file(copy).digest());
    }
    return CheckedModel.copied(source, copy, snapshot);
  }

  private void requireNoExternal(ModelStructure structure) {
    structure.external().stream()
        .findFirst()
        .ifPresent(
            data -> {
              throw Locations.refused(
                  data,
                  "cannot be found: "
                      + (source.bytes() == null ? "a resource in a jar" : "a model in memory")
                      + " has no directory");
            });
  }

  private CheckedModel file(Path path) throws IOException {
    if (!path.getFileSystem().equals(FileSystems.getDefault())) {
      throw failure("native code reads no file of " + path.getFileSystem() + ": load bytes", null);
    }
    FileStamp file = stamp(path);
    checkSize(file.size());
    if (source.sha256() != null || source.isCopied()) {
      return verified(file);
    }
    if (trusted) {
      CheckedModel linked = linked(file);
      return linked == null ? CheckedModel.inPlace(source, file, List.of()) : linked;
    }
    requireProtobufSize(file);
    try (FileBytes content = new FileBytes(path)) {
      Map<ExternalData, FileStamp> external =
          new ExternalFiles(file, false, false).find(structure(content));
      checkSize(file, external.values());
      return CheckedModel.inPlace(source, file, List.copyOf(external.values()));
    }
  }

  /**
   * Brings a trusted model's external data together if some of it is behind links that lead out of
   * the directory, which ONNX Runtime does not follow. Returns null if none is, or if that cannot
   * be told: a trusted model may be in a form that only ONNX Runtime reads.
   */
  private @Nullable CheckedModel linked(FileStamp file) throws IOException {
    Map<ExternalData, FileStamp> external;
    try (FileBytes content = new FileBytes(file.path())) {
      ExternalFiles files = new ExternalFiles(file, true, true);
      external = files.find(ModelStructure.of(content));
      if (external.values().stream().allMatch(files::isInside)) {
        return null;
      }
    } catch (ProtoException e) {
      return null;
    }
    checkSize(file, external.values());
    byte[] bytes = read(file);
    Snapshot snapshot = new Snapshot();
    boolean complete = false;
    try {
      for (Map.Entry<ExternalData, FileStamp> entry : external.entrySet()) {
        snapshot.link(entry.getKey(), entry.getValue());
      }
      complete = true;
      return CheckedModel.inMemory(source, bytes, snapshot);
    } finally {
      if (!complete) {
        snapshot.close();
      }
    }
  }

  private CheckedModel verified(FileStamp file) throws IOException {
    byte[] bytes = read(file);
    String digest = ModelSource.bytes(source.name(), bytes).digest();
    verifyFile(file, digest);
    ModelStructure structure = structure(ProtoBytes.of(bytes));
    if (structure.external().isEmpty()) {
      verify(digest);
      return CheckedModel.inMemory(source, bytes).digested(digest);
    }
    // Hard links may stay: what they could give away would have to be in the digest.
    boolean hardLinks = source.sha256() != null || !source.fileSha256().isEmpty() || trusted;
    Map<ExternalData, FileStamp> external =
        new ExternalFiles(file, hardLinks, trusted).find(structure);
    checkSize(file, external.values());
    Snapshot snapshot = new Snapshot();
    boolean verified = false;
    try {
      List<String> digests = new ArrayList<>();
      for (Map.Entry<ExternalData, FileStamp> entry : external.entrySet()) {
        Path copy = snapshot.add(entry.getKey(), entry.getValue());
        String copied = ModelSource.file(copy).digest();
        verifyFile(entry.getValue(), copied);
        digests.add(copied);
      }
      verify(ModelDigest.of(digest, digests));
      verified = true;
      return CheckedModel.inMemory(source, bytes, snapshot);
    } finally {
      if (!verified) {
        snapshot.close();
      }
    }
  }

  private byte[] read(FileStamp file) throws IOException {
    requireProtobufSize(file);
    try (FileBytes content = new FileBytes(file.path())) {
      byte[] bytes = new byte[(int) file.size()];
      content.copy(0, bytes, 0, bytes.length);
      return bytes;
    } catch (OutOfMemoryError e) {
      throw failure(
          "there is no room on the heap for its " + file.size() + " bytes, to verify them", e);
    }
  }

  private void requireProtobufSize(FileStamp file) {
    if (file.size() > MAX_PROTOBUF_BYTES) {
      throw failure(
          "has " + file.size() + " bytes; an ONNX file ends at 2 GiB, all else is external data",
          null);
    }
  }

  /** Compares one file's digest with the one that its source has for it, if it has any. */
  private void verifyFile(FileStamp file, String actual) {
    if (source.fileSha256().isEmpty()) {
      return;
    }
    String expected = source.fileSha256().get(file.path().toAbsolutePath().normalize());
    if (expected == null) {
      throw failure(file.path() + " is none of the files that have a digest", null);
    }
    if (!expected.equals(actual)) {
      throw failure(
          "the SHA-256 of " + file.path() + " is not " + expected + " as expected, but " + actual,
          null);
    }
  }

  private void verify(String actual) {
    String expected = source.sha256();
    if (expected != null && !expected.equals(actual)) {
      throw failure("its SHA-256 is not " + expected + " as expected, but " + actual, null);
    }
  }

  private ModelStructure structure(ProtoBytes content) {
    if (isOrtFormat(content)) {
      throw failure(
          "is in ORT format, which cannot be checked; OnnxOptions.trustModels loads it all the same",
          null);
    }
    ModelStructure structure = ModelStructure.of(content);
    statefulness = statefulness(structure);
    return structure;
  }

  private static Statefulness statefulness(ModelStructure structure) {
    if (structure.keepsState()) {
      return Statefulness.CERTAIN;
    }
    return structure.isRandom() ? Statefulness.RANDOM : Statefulness.NONE;
  }

  private static boolean isOrtFormat(ProtoBytes content) {
    if (content.size() < 8) {
      return false;
    }
    byte[] head = new byte[4];
    content.copy(4, head, 0, 4);
    return Arrays.equals(head, ORT_FORMAT);
  }

  /** What ONNX Runtime says of these is misleading. */
  private FileStamp stamp(Path path) throws IOException {
    try {
      FileStamp file = FileStamp.of(path);
      if (file.size() == 0) {
        throw failure("the file is empty", null);
      }
      return file;
    } catch (NoSuchFileException e) {
      throw failure("no such file", e);
    } catch (FileStamp.NotRegularFileException e) {
      throw failure(
          Files.isDirectory(path)
              ? "is a directory" + NotAModel.content(path) + "; an ONNX model is a file"
              : "is not a regular file; an ONNX model is a file",
          e);
    }
  }

  private void checkSize(FileStamp file, Collection<FileStamp> external) {
    long total = file.size();
    for (FileStamp each : external) {
      total += each.size();
      checkSize(total < 0 ? Long.MAX_VALUE : total);
    }
  }

  private void checkSize(long bytes) {
    if (bytes > maxBytes) {
      throw failure("has " + bytes + " bytes or more; maxModelBytes allows " + maxBytes, null);
    }
  }

  private ModelLoadException failure(@Nullable String reason, @Nullable Throwable cause) {
    return new ModelLoadException(source.describe(), String.valueOf(reason), cause);
  }
}

package dev.inproc.inference.onnx.format;

import dev.inproc.inference.internal.files.FileKind;
import dev.inproc.inference.internal.files.FileStamp;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Finds a model's files of external data, and confines them to the model's directory: the one it is
 * opened in, or the one its own link leads to, as in a cache where all files are links into a
 * store. Looks at files, opens none.
 */
public final class ExternalFiles {
  private final Path directory;
  private final Path realDirectory;
  private final Path storeDirectory;
  private final boolean hardLinks;
  private final boolean linksOut;

  /**
   * Creates one.
   *
   * @param hardLinks whether a file may have other names, which nothing tells the place of
   * @param linksOut whether a link may lead to any file
   */
  public ExternalFiles(FileStamp model, boolean hardLinks, boolean linksOut) throws IOException {
    directory = parent(model.path().toAbsolutePath());
    realDirectory = directory.toRealPath();
    storeDirectory = parent(model.real());
    this.hardLinks = hardLinks;
    this.linksOut = linksOut;
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    return parent == null ? file : parent;
  }

  /**
   * Returns each file, in the order of the locations.
   *
   * @throws ProtoException if one is missing, is not a file, is too short, or lies outside
   */
  public Map<ExternalData, FileStamp> find(ModelStructure structure) throws IOException {
    Map<ExternalData, FileStamp> files = new LinkedHashMap<>();
    for (ExternalData data : structure.external()) {
      files.put(data, find(data));
    }
    return files;
  }

  private FileStamp find(ExternalData data) throws IOException {
    FileStamp file;
    try {
      file = FileStamp.of(Locations.resolve(directory, data));
    } catch (NoSuchFileException e) {
      throw Locations.refused(data, "is missing: there is no file " + e.getFile());
    } catch (FileStamp.NotRegularFileException e) {
      throw Locations.refused(data, "is not a regular file");
    }
    if (!linksOut && !isInside(file)) {
      throw Locations.refused(
          data,
          "leads by a link out of the directory to "
              + file.real()
              + "; OnnxOptions.trustModels follows it");
    }
    if (!hardLinks && file.links() > 1) {
      throw Locations.refused(
          data,
          "has "
              + file.links()
              + " names (hard links), which could lie anywhere; copy it, or give the model's SHA-256");
    }
    if (file.size() < data.end()) {
      String tooShort =
          "has " + file.size() + " bytes, but the model reads up to byte " + data.end();
      String kind = FileKind.of(file.real());
      throw Locations.refused(data, kind == null ? tooShort : tooShort + ": it is " + kind);
    }
    return file;
  }

  /** Says whether a file is one that ONNX Runtime reads where it lies. */
  public boolean isInside(FileStamp file) {
    return file.real().startsWith(realDirectory) || file.real().startsWith(storeDirectory);
  }
}

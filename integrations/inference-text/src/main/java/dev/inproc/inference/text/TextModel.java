package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The files of one model that reads text. Immutable; {@code with...} methods return changed copies.
 *
 * <pre>{@code
 * TextModel model = TextModel.directory(Path.of("models/all-MiniLM-L6-v2"));
 * }</pre>
 *
 * <p>A directory is laid out as sentence-transformers and Hugging Face lay it out: {@code
 * model.onnx}, there or in {@code onnx/}, and {@code tokenizer.json}; where there are, {@code
 * config.json}, {@code tokenizer_config.json}, {@code modules.json}, {@code 1_Pooling/config.json},
 * {@code sentence_bert_config.json} and {@code config_sentence_transformers.json} say how the model
 * is used. Files are read when the model is loaded.
 */
public final class TextModel {
  private final ModelFiles files;
  private final String name;

  private TextModel(ModelFiles files, String name) {
    this.files = files;
    this.name = name;
  }

  /** A model in a directory. Its name is the directory's. */
  public static TextModel directory(Path directory) {
    Path last = directory.toAbsolutePath().normalize().getFileName();
    return new TextModel(
        new DirectoryFiles(directory, null), last == null ? directory.toString() : last.toString());
  }

  /**
   * A model in a folder on the class path. Its name is the folder's last part.
   *
   * @param loader finds the files when the model is loaded
   * @param folder such as {@code "models/all-MiniLM-L6-v2"}; a leading slash is allowed, and the
   *     empty text is the root
   */
  public static TextModel resources(ClassLoader loader, String folder) {
    String path = folder.replaceAll("^/+|/+$", "");
    String last = path.substring(path.lastIndexOf('/') + 1);
    return new TextModel(
        new ResourceFiles(Objects.requireNonNull(loader, "loader"), path, null),
        last.isEmpty() ? "model" : last);
  }

  /**
   * A model of two files, of which nothing else is known: {@link TextOptions} say how it is used.
   * Its name is the model file's, without its ending.
   *
   * @param model the ONNX file
   * @param tokenizer the {@code tokenizer.json}
   */
  public static TextModel of(ModelSource model, ModelSource tokenizer) {
    return new TextModel(new TwoFiles(model, tokenizer), model.name().replaceFirst("\\.onnx$", ""));
  }

  /**
   * Returns this model with another model file of its directory or folder, such as {@code
   * "model_int8.onnx"}. A name without a slash is looked for beside {@code tokenizer.json} and in
   * {@code onnx/}.
   *
   * @throws IllegalArgumentException for a model of two files, or if the name leads out of the
   *     directory
   */
  public TextModel withModelFile(String file) {
    return new TextModel(files.withModelFile(file), name);
  }

  /** Returns this model under another name, which messages, logs and figures use. */
  public TextModel withName(String newName) {
    return new TextModel(files, Objects.requireNonNull(newName, "newName"));
  }

  /** Returns what messages call the model. */
  public String name() {
    return name;
  }

  /**
   * Returns the ONNX file.
   *
   * @throws ModelLoadException if there is none
   */
  ModelSource model() {
    return files.model();
  }

  ModelFiles files() {
    return files;
  }

  @Override
  public String toString() {
    return name + " (" + files + ")";
  }
}

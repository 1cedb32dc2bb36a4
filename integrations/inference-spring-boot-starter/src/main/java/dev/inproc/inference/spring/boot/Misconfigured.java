package dev.inproc.inference.spring.boot;

import dev.inproc.inference.engine.Engine;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.config.BeanDefinition;

/** What a model's properties can have wrong, as an exception that says what to do about it. */
final class Misconfigured {
  private static final Map<String, String> ENGINES =
      Map.of("onnx", "inference-onnx", "tensorflow", "inference-tf");

  private Misconfigured() {}

  /** Returns the model's location if there is something. */
  static ModelLocation location(String name, ModelProperties model, ClassLoader classes) {
    String property = InprocProperties.prefix(name) + ".location";
    if (model.location() == null) {
      throw new ModelStartException(
          name,
          "it has no location",
          "Set " + property + " to a directory, an ONNX file or a SavedModel.",
          null);
    }
    try {
      ModelLocation location = ModelLocation.of(model.location(), classes);
      boolean isThere =
          location.exists()
              || (location.path() == null && !location.isOnnxFile() && hasFiles(location, model));
      if (!isThere) {
        throw new ModelStartException(
            name,
            "there is nothing at " + location,
            "Check " + property + ". " + hint(location),
            null);
      }
      PropertyChecks.check(name, model, location);
      return location;
    } catch (IllegalArgumentException e) {
      throw new ModelStartException(name, message(e), "Check " + property + ".", e);
    }
  }

  /** A folder on the class path is known by its files alone. */
  private static boolean hasFiles(ModelLocation folder, ModelProperties model) {
    return folder.child("tokenizer.json").exists()
        || folder.child("model.onnx").exists()
        || (model.modelFile() != null && folder.child(model.modelFile()).exists());
  }

  private static String hint(ModelLocation location) {
    return location.path() == null
        ? "The location is on the class path: is the jar or the folder with it a dependency?"
        : location.path().isAbsolute()
            ? "Is it readable for the process?"
            : "The path is relative to the working directory, "
                + location.path().toAbsolutePath()
                + ".";
  }

  static ModelStartException noTokenizer(String name, ModelLocation location) {
    String prefix = InprocProperties.prefix(name);
    return new ModelStartException(
        name,
        "a model of texts needs a tokenizer, and the location is the ONNX file " + location,
        "Set "
            + prefix
            + ".tokenizer to its tokenizer.json, or "
            + prefix
            + ".location to the directory with both.",
        null);
  }

  static ModelStartException notADirectory(String name, String repository) {
    return new ModelStartException(
        name,
        "a repository of models is a directory on disk, got " + repository,
        "Check " + InprocProperties.prefix(name) + ".deployment.repository.",
        null);
  }

  static ModelStartException nameTaken(String name, BeanDefinition other) {
    String where = other.getResourceDescription();
    return new ModelStartException(
        name,
        "the application has a bean of this name already"
            + (where == null ? "" : ", defined in " + where),
        "Name the model or the bean otherwise.",
        null);
  }

  static ModelStartException noEngine(String name, String engine, List<Engine> installed) {
    String artifact = ENGINES.get(engine);
    return new ModelStartException(
        name,
        "no engine \""
            + engine
            + "\" is on the class path; there are "
            + installed.stream().map(Engine::name).toList(),
        artifact == null
            ? "Set " + InprocProperties.prefix(name) + ".engine to one of these."
            : "Add the dependency dev.inproc:" + artifact + ".",
        null);
  }

  static ModelStartException missingClass(
      String name, ModelProperties model, NoClassDefFoundError missing) {
    String where = String.valueOf(missing.getMessage());
    String artifact =
        where.startsWith("dev/inproc/inference/cache/")
            ? "dev.inproc:inference-cache"
            : where.startsWith("dev/inproc/inference/text/") ? "dev.inproc:inference-text" : null;
    return new ModelStartException(
        name,
        "the class " + where.replace('/', '.') + " is not on the class path",
        artifact == null
            ? "Add the dependency that has it."
            : "Add the dependency "
                + artifact
                + (model.cache().enabled() && artifact.endsWith("cache")
                    ? ", or switch the cache off: "
                        + InprocProperties.prefix(name)
                        + ".cache.enabled=false."
                    : "."),
        missing);
  }

  static ModelStartException warmUp(String name, RuntimeException e) {
    return new ModelStartException(
        name,
        "it failed in its warm-up: " + message(e),
        "The model must answer before the application is ready. An empty "
            + InprocProperties.prefix(name)
            + ".warm-up starts it without.",
        e);
  }

  /** The library's own messages name what was expected, what came, and the option. */
  static ModelStartException failed(String name, RuntimeException e) {
    return new ModelStartException(
        name,
        message(e),
        "Check the properties that begin with " + InprocProperties.prefix(name) + ".",
        e);
  }

  private static String message(Throwable e) {
    return String.valueOf(e.getMessage()).replaceFirst("\\.$", "");
  }
}

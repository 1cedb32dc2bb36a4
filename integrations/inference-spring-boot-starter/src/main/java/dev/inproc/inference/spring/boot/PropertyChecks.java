package dev.inproc.inference.spring.boot;

import dev.inproc.inference.spring.boot.ModelProperties.DeploymentProperties;
import org.jspecify.annotations.Nullable;

/** Refuses properties of one model that would have no effect beside the others. */
final class PropertyChecks {
  private PropertyChecks() {}

  /**
   * Checks what needs no file.
   *
   * @throws ModelStartException if a property lacks another, or makes another one mean nothing
   */
  static void check(String name, ModelProperties model) {
    String prefix = InprocProperties.prefix(name);
    DeploymentProperties deployment = model.deployment();
    if (deployment != null) {
      if (deployment.repository() == null || deployment.repository().isBlank()) {
        throw new ModelStartException(
            name,
            "it has properties of a deployment without a repository",
            "Set " + prefix + ".deployment.repository to the repository's directory.",
            null);
      }
      refuse(name, "location", model.location(), "deployment.repository");
      refuse(name, "tokenizer", model.tokenizer(), "deployment.repository");
      refuse(name, "model-file", model.modelFile(), "deployment.repository");
    }
    for (int size : model.warmUp()) {
      if (size < 1) {
        throw new ModelStartException(
            name,
            "warm-up has batch sizes of at least 1, got " + size,
            "Check " + prefix + ".warm-up; an empty value switches the warm-up off.",
            null);
      }
    }
  }

  /** Checks what depends on the kind of place that the location is. */
  static void check(String name, ModelProperties model, ModelLocation location) {
    if (location.isOnnxFile()) {
      refuse(name, "model-file", model.modelFile(), "location of an ONNX file");
    } else {
      refuse(name, "tokenizer", model.tokenizer(), "location of a directory or folder");
    }
  }

  private static void refuse(String name, String property, @Nullable Object value, String beside) {
    if (value != null) {
      String full = InprocProperties.prefix(name) + "." + property;
      throw new ModelStartException(
          name,
          property + " means nothing beside a " + beside + ", got " + value,
          "Remove " + full + ", or what it does not go with.",
          null);
    }
  }
}

package dev.inproc.examples;

import dev.inproc.inference.model.Manifest;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.model.RepositoryOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Publishes a version of a model into a repository, and moves labels to it: lines of text, and a
 * last line of JSON.
 *
 * <pre>{@code
 * ./mvnw -q -pl examples -am -DskipTests package exec:java \
 *     -Dexec.mainClass=dev.inproc.examples.Publish \
 *     -Dexec.args="models fraud fraud.onnx --label stable --reason 'the first one'"
 * }</pre>
 */
@Command(name = "publish", description = "Publishes a version of a model into a repository.")
public final class Publish extends ModelCommand {
  @Parameters(index = "0", paramLabel = "ROOT", description = "the repository's directory")
  private Path root = Path.of("models");

  @Parameters(index = "1", paramLabel = "MODEL", description = "the model's name")
  private String model = "";

  @Parameters(
      index = "2",
      arity = "1..*",
      paramLabel = "FILE",
      description = "a file or directory to copy; the first is the one to load")
  private List<Path> files = new ArrayList<>();

  @Option(names = "--version-number", paramLabel = "N", description = "default: the next one")
  private Optional<Long> number = Optional.empty();

  @Option(
      names = "--engine",
      description =
          "the engine that loads it; default: onnx for a file, tensorflow for a directory")
  private Optional<String> engine = Optional.empty();

  @Option(names = "--variant", description = "a FILE that may serve instead; may be repeated")
  private List<Path> variants = new ArrayList<>();

  @Option(names = "--name", description = "what people call this version")
  private Optional<String> displayName = Optional.empty();

  @Option(names = "--label", description = "a label to move to the version; may be repeated")
  private List<String> labels = new ArrayList<>();

  @Option(names = "--reason", description = "why, for the history of the labels")
  private String reason = "published";

  @Option(names = "--actor", description = "who, for the history; default: the user's name")
  private String actor = System.getProperty("user.name", "unknown");

  /** Publishes what the arguments name. */
  public static void main(String[] args) {
    main(new Publish(), args);
  }

  @Override
  int run() {
    Map<String, Path> sources = new LinkedHashMap<>();
    for (Path file : files) {
      if (sources.put(name(file), file) != null) {
        throw new IllegalArgumentException(
            "Expected files of different names, got two " + name(file));
      }
    }
    RepositoryOptions options = RepositoryOptions.DEFAULT.withPollInterval(Duration.ZERO);
    try (ModelRepository repository = ModelRepository.open(root, options)) {
      Manifest manifest = manifest();
      ModelVersion version =
          number.isPresent()
              ? repository.publish(model, number.get(), manifest, sources)
              : repository.publish(model, manifest, sources);
      for (Manifest.File file : version.manifest().files()) {
        out().printf("%s  %,d bytes  %s%n", file.sha256(), file.size(), file.path());
      }
      for (String label : labels) {
        repository.setLabel(model, label, version.version(), actor, reason);
      }
      out().println("Published " + version + " in " + version.directory());
      out()
          .println(
              new JsonLine()
                  .put("model", model)
                  .put("version", version.version())
                  .put("directory", String.valueOf(version.directory()))
                  .put("labels", labels));
      return 0;
    }
  }

  private Manifest manifest() {
    Path first = files.get(0);
    String loader = engine.orElse(first.toFile().isDirectory() ? "tensorflow" : "onnx");
    Manifest.Builder builder = Manifest.builder(loader).main(name(first));
    displayName.ifPresent(builder::displayName);
    if (!variants.isEmpty()) {
      List<Manifest.Variant> all = new ArrayList<>();
      all.add(new Manifest.Variant(name(first), ""));
      variants.forEach(each -> all.add(new Manifest.Variant(name(each), "")));
      builder.variants(all);
    }
    return builder.build();
  }

  private static String name(Path file) {
    return String.valueOf(file.toAbsolutePath().normalize().getFileName());
  }
}

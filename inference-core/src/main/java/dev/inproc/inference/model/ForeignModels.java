package dev.inproc.inference.model;

import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.model.RepositoryOptions.ForeignLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes manifests for version directories of other servers, which have none. */
final class ForeignModels {
  private static final String SAVED_MODEL = "saved_model.pb";

  private final FileOperations operations;
  private final Set<ForeignLayout> layouts;

  ForeignModels(FileOperations operations, Set<ForeignLayout> layouts) {
    this.operations = operations;
    this.layouts = layouts;
  }

  /**
   * Returns a manifest without digests of what is in a directory now; null if it is of no layout.
   * Manifests are equal while nobody writes to the files.
   */
  @Nullable Manifest describe(Path directory) throws IOException {
    if (layouts.isEmpty()) {
      return null;
    }
    List<Manifest.File> files = new ArrayList<>();
    Map<String, Object> stamps = new LinkedHashMap<>();
    for (Path each : operations.files(directory, false)) {
      String path = VersionFiles.slashed(directory, each);
      FileOperations.Stat stat = operations.stat(each);
      if (stat == null || ManifestPaths.problem(path) != null) {
        continue;
      }
      files.add(new Manifest.File(path, stat.size(), null));
      stamps.put(path, stat.modified() + " " + stat.key());
    }
    Set<String> paths = Set.copyOf(files.stream().map(Manifest.File::path).toList());
    Manifest.Builder builder = builder(paths);
    return builder == null
        ? null
        : builder.files(files).entries(Map.of("unverified", stamps)).build();
  }

  private Manifest.@Nullable Builder builder(Set<String> paths) {
    if (layouts.contains(ForeignLayout.TF_SERVING) && paths.contains(SAVED_MODEL)) {
      return Manifest.builder("tensorflow");
    }
    if (!layouts.contains(ForeignLayout.TRITON)) {
      return null;
    }
    if (paths.contains("model.onnx")) {
      return Manifest.builder("onnx").main("model.onnx");
    }
    if (paths.contains("model.onnx/model.onnx")) { // Triton's form for external data
      return Manifest.builder("onnx").main("model.onnx/model.onnx");
    }
    return paths.contains("model.savedmodel/" + SAVED_MODEL)
        ? Manifest.builder("tensorflow").main("model.savedmodel")
        : null;
  }
}

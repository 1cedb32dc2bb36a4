package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.model.Manifest;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.TensorFlowEngine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class PublishTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(Object... args) {
    String[] texts = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      texts[i] = args[i].toString();
    }
    return new CommandLine(new Publish())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(texts);
  }

  private JsonObject lastLine() {
    List<String> lines = out.toString().lines().toList();
    return JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
  }

  @Test
  void publish_onnxModelWithAFileBesideIt_isServedByItsLabel() throws IOException {
    Path root = directory.resolve("models");
    Path model = Files.write(directory.resolve("sums.onnx"), SmallModels.rowSums());
    Path text = Files.writeString(directory.resolve("notes.txt"), "notes");
    assertEquals(0, run(root, "small", model, text), err::toString);
    assertEquals(
        0,
        run(root, "small", model, "--label", "stable", "--reason", "better", "--actor", "ann"),
        err::toString);
    assertEquals(2, lastLine().get("version").getAsInt());
    try (ModelRepository repository = ModelRepository.open(root)) {
      assertEquals(Map.of("stable", 2L), repository.labels("small"));
      assertEquals("better", repository.history("small").get(0).reason());
      for (ModelVersion version : repository.versions("small")) {
        version.verify();
        try (Session session = new OnnxEngine().load(version.source())) {
          assertTrue(session.signature().inputs().size() >= 1);
        }
      }
    }
    assertEquals(1, run(root, "small", model, "--version-number", "1"));
    assertTrue(err.toString().contains("a version never changes"), err::toString);
    assertEquals(1, run(root, "small", directory.resolve("none.onnx")));
    assertEquals(1, run(root, "../small", model));
    assertEquals(2, run(root));
  }

  @Test
  void publish_savedModel_isServedThoughItsFilesGo() throws IOException {
    Path root = directory.resolve("models");
    Path model = directory.resolve("moons");
    MoonTraining.train(TwoMoons.make(100, new Random(1)), 1, new Random(2), model);
    assertEquals(0, run(root, "tf", model, "--label", "stable"), err::toString);
    try (ModelRepository repository = ModelRepository.open(root)) {
      ModelVersion version = repository.label("tf", "stable").orElseThrow();
      version.verify();
      assertTrue(version.manifest().modelSha256().isPresent());
      try (Session session = new TensorFlowEngine().load(version.source())) {
        Tensors point = Tensors.of("point", Tensor.of(0.5f, 0.25f));
        float before = session.predict(point).only().getFloat(0);
        for (Manifest.File file : version.manifest().files()) {
          Files.write(root.resolve("tf/1").resolve(file.path()), new byte[1]);
        }
        assertEquals(before, session.predict(point).only().getFloat(0));
      }
    }
  }
}

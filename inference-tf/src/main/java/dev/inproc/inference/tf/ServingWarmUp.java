package dev.inproc.inference.tf;

import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Tensors;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Runs the requests that an exporter put beside a model for TensorFlow Serving to warm up with.
 * They make loading better and must never make it fail: what is wrong is logged.
 */
final class ServingWarmUp {
  static final int MOST_RECORD_BYTES = 64 << 20;

  private static final Logger LOG = System.getLogger(StagedModel.LOGGER);
  private static final int MOST_RECORDS = 1000; // as TensorFlow Serving has it
  private static final String DEFAULT_SIGNATURE = "serving_default";

  private ServingWarmUp() {}

  static void run(Session session, Path model, String signature) {
    Path file = model.resolve("assets.extra").resolve("tf_serving_warmup_requests");
    if (!Files.isRegularFile(file)) {
      return;
    }
    if (session.keepsState()) {
      LOG.log(
          Level.INFO,
          "{0}: no warm-up from {1}, the model keeps state or may keep it",
          session,
          file);
      return;
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      TfRecordReader records = new TfRecordReader(in, MOST_RECORD_BYTES);
      byte[] next = records.next();
      for (int i = 0; next != null && i < MOST_RECORDS; i++) {
        WarmUpRequest request = WarmUpRequest.read(next);
        if (request != null && signature.equals(keyOf(request))) {
          run(session, request);
        }
        next = records.next();
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "{0}: no further warm-up from {1}: {2}", session, file, e);
    }
  }

  private static String keyOf(WarmUpRequest request) {
    return request.signature().isEmpty() ? DEFAULT_SIGNATURE : request.signature();
  }

  private static void run(Session session, WarmUpRequest request) {
    Tensors inputs = Tensors.copyOf(request.inputs());
    for (int device = 0; device < session.devices().size(); device++) {
      session.runRaw(inputs); // lone runs go round
    }
  }
}

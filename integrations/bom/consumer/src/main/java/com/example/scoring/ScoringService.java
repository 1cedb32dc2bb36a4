package com.example.scoring;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Answers {@code POST /score}, whose body is the features, with the model's score. */
public final class ScoringService implements AutoCloseable {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);
  private static final Duration DRAIN_WITHIN = Duration.ofSeconds(10);

  private final Predictor<float[], Float> scorer;
  private final HttpServer server;
  private final ExecutorService handlers = Executors.newFixedThreadPool(16);
  private volatile boolean isReady = true;

  ScoringService(Path model, int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(port), 0); // first: a taken port loads nothing
    scorer =
        new OnnxEngine()
            .load(ModelSource.file(model))
            .with(Batching.upTo(32))
            .with(
                Codec.of(
                    (float[] features) -> Tensors.of("x", Tensor.of(features)),
                    answer -> answer.get("y").getFloat(0)));
    server.createContext("/score", this::score);
    server.createContext("/ready", exchange -> answer(exchange, isReady ? 200 : 503, ""));
    server.setExecutor(handlers);
    server.start();
  }

  private void score(HttpExchange exchange) throws IOException {
    int status = 200;
    String text;
    try {
      text = scorer.predict(features(exchange), CallOptions.timeout(ANSWER_WITHIN)).toString();
    } catch (InvalidInputException | NumberFormatException e) {
      status = 400;
      text = e.getMessage();
    } catch (OverloadedException e) {
      status = 503;
      text = e.getMessage();
      long seconds = Math.max(1, e.retryAfter().toSeconds());
      exchange.getResponseHeaders().set("Retry-After", Long.toString(seconds));
    } catch (PredictorClosedException e) {
      status = 503;
      text = "shutting down";
    } catch (DeadlineExceededException e) {
      status = 504;
      text = e.getMessage();
    } catch (InferenceException e) {
      status = 500;
      text = "the model failed"; // what failed is for the log, not for the client
      System.getLogger("scoring").log(System.Logger.Level.ERROR, text, e);
    }
    answer(exchange, status, text + "\n");
  }

  private static float[] features(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readNBytes(10_000), StandardCharsets.UTF_8);
    String[] numbers = body.split(",", -1);
    float[] features = new float[numbers.length];
    for (int i = 0; i < features.length; i++) {
      features[i] = Float.parseFloat(numbers[i].strip());
    }
    return features;
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    try (exchange) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    isReady = false; // 1. the load balancer sends no more
    scorer.close(DRAIN_WITHIN); // 2. accepted calls are answered, new ones get 503
    server.stop(1); // 3. the handlers have written the last answers
    handlers.shutdown();
  }

  /** Arguments: the model and the port. */
  public static void main(String[] arguments) throws IOException {
    ScoringService service =
        new ScoringService(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(service::close, "shutdown"));
    System.out.println("ready on port " + service.server.getAddress().getPort());
  }
}

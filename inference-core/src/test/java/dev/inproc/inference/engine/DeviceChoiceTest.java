package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.ScriptedModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Devices whose runs take as long as the test says, by a clock of the test's. */
class DeviceChoiceTest {
  private static final Device GPU = Device.cuda(0);
  private static final Device CPU = Device.cpu();

  private final AtomicLong clock = new AtomicLong();
  private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
  private final ServingRuntime runtime =
      ServingRuntime.builder("devices").timeSource(clock::get, scheduler).build();
  private final Map<String, List<ScriptedModel>> loaded = new TreeMap<>();

  /** What a run costs on each device: fixed, and for each row. */
  private final Map<Device, long[]> costs = new HashMap<>();

  private Statefulness statefulness = Statefulness.NONE;

  @AfterEach
  void end() {
    runtime.close();
    scheduler.shutdownNow();
  }

  private Session load(SessionOptions.Builder options) {
    SessionOptions all = options.integrity(IntegrityOptions.skip()).runtime(runtime).build();
    return Session.load("model", null, this::replicas, all);
  }

  private List<Replica> replicas(SessionOptions options) {
    List<Replica> replicas = new ArrayList<>();
    for (Device device : options.devices()) {
      long[] cost = costs.get(device);
      if (cost == null) {
        throw new ModelLoadException("model", "device " + device + " is missing", null);
      }
      ScriptedModel model =
          new ScriptedModel(
              new Signature(
                  List.of(TensorSpec.fixed("x", DataType.FLOAT32, -1, 1)),
                  List.of(TensorSpec.fixed("y", DataType.FLOAT32, -1, 1))),
              in -> Tensors.of("y", in.get("x")));
      model.claim(device);
      model.tell(statefulness);
      model.onRun(
          () -> {
            List<ScriptedModel.Run> runs = model.runs();
            clock.addAndGet(cost[0] + cost[1] * runs.get(runs.size() - 1).rows());
          });
      loaded.computeIfAbsent(device.toString(), each -> new ArrayList<>()).add(model);
      replicas.add(model.replica());
    }
    return replicas;
  }

  private static Tensors row() {
    return Tensors.of("x", Tensor.of(Shape.of(1), new float[] {1}));
  }

  @Test
  void auto_whereTheGpuIsFasterInBatches_takesIt_unlessOneIsAllThatRuns() {
    costs.put(GPU, new long[] {1_000_000, 10_000});
    costs.put(CPU, new long[] {50_000, 200_000});
    try (Session session = load(SessionOptions.builder().devices(Device.auto()))) {
      assertEquals(List.of(GPU), session.devices());
      String told = session.describe().toString();
      assertTrue(told.contains("cuda:0: a batch of 1 in 1.010 ms, 32 in 1.320 ms"), told);
      assertTrue(told.contains("cpu: a batch of 1 in 0.250 ms, 32 in 6.450 ms"), told);
    }
    try (Session session = load(SessionOptions.builder().devices(Device.auto()).warmUp(1))) {
      assertEquals(List.of(CPU), session.devices());
    }
    loaded.values().forEach(all -> all.forEach(model -> assertEquals(1, model.closes())));
  }

  @Test
  void auto_whereADeviceIsMissing_takesTheOther_andTellsWhy() {
    costs.put(CPU, new long[] {50_000, 200_000});
    try (Session session = load(SessionOptions.builder().devices(Device.auto()))) {
      assertEquals(List.of(CPU), session.devices());
      String told = session.describe().toString();
      assertTrue(told.contains("cuda:0 is missing"), told);
      assertEquals(1, session.predict(row()).get("y").getFloat(0));
    }
  }

  @Test
  void auto_whereNoDeviceRunsIt_failsWithEachReason() {
    ModelLoadException e =
        assertThrows(
            ModelLoadException.class,
            () -> load(SessionOptions.builder().devices(Device.auto(GPU, Device.cuda(1)))));
    assertTrue(e.getMessage().contains("cuda:0 is missing"), e.getMessage());
    assertTrue(e.getMessage().contains("cuda:1 is missing"), e.getMessage());
  }

  /** The model that serves has run for nobody yet. */
  @Test
  void auto_measuresOnModelsThatAreThrownAway() {
    costs.put(GPU, new long[] {10, 10});
    costs.put(CPU, new long[] {50_000, 200_000});
    statefulness = Statefulness.POSSIBLE;
    try (Session session = load(SessionOptions.builder().devices(Device.auto()))) {
      List<ScriptedModel> gpu = loaded.get("cuda:0");
      assertEquals(0, gpu.get(gpu.size() - 1).started(), "the serving model is fresh");
      assertTrue(gpu.get(0).started() > 0, session.toString());
      assertEquals(1, gpu.get(0).closes());
      assertEquals(1, loaded.get("cpu").get(0).closes());
    }
  }

  /** A candidate whose first run takes minutes is not run seven times. */
  @Test
  void auto_withAHopelesslySlowCandidate_runsItOnceForEachSize() {
    costs.put(GPU, new long[] {Duration.ofMinutes(1).toNanos(), 0});
    costs.put(CPU, new long[] {50_000, 200_000});
    try (Session session = load(SessionOptions.builder().devices(Device.auto()))) {
      assertEquals(List.of(CPU), session.devices());
      assertEquals(2, loaded.get("cuda:0").get(0).started());
    }
  }

  @Test
  void auto_besideOtherDevices_orOfItself_isRefused() {
    SessionOptions.Builder options = SessionOptions.builder();
    assertThrows(IllegalArgumentException.class, () -> options.devices(Device.auto(), CPU));
    assertThrows(IllegalArgumentException.class, () -> Device.auto(new Device[0]));
    assertThrows(IllegalArgumentException.class, () -> Device.auto(Device.auto()));
    assertEquals(Device.auto(), Device.auto(GPU, CPU));
    assertEquals("auto[cuda:0, cpu]", Device.auto().toString());
  }
}

package dev.inproc.examples;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The direction of every dependency between modules and packages. */
@AnalyzeClasses(
    packages = ArchitectureTest.ROOT,
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  static final String ROOT = "dev.inproc.inference";

  private static final String TENSOR = ROOT + ".tensor..";
  private static final String CALLS = ROOT + ".internal.calls";
  private static final String CONCURRENT = ROOT + ".internal.concurrent";
  private static final String COST = ROOT + ".internal.cost";
  private static final String FILES = ROOT + ".internal.files";
  private static final String JSON = ROOT + ".internal.json";
  private static final String ROLLOUT = ROOT + ".internal.rollout";
  private static final String EXPERIMENT = ROOT + ".internal.experiment";
  private static final String STATISTICS = ROOT + ".internal.statistics";
  private static final String ROUTING = ROOT + ".internal.routing";
  private static final String MODEL = ROOT + ".model";
  private static final String BULK = ROOT + ".bulk";
  private static final String METRICS = ROOT + ".metrics..";
  private static final String EVENTS = ROOT + ".events..";
  private static final String FLIGHT = ROOT + ".internal.flight..";
  private static final String MONITORING = ROOT + ".monitoring..";
  private static final String BATCH = ROOT + ".batch..";
  private static final String SPI = ROOT + ".spi..";
  private static final String ENGINE = ROOT + ".engine..";
  private static final String DEPLOY = ROOT + ".deploy..";
  private static final String ONNX = ROOT + ".onnx..";
  private static final String ONNX_ENGINE = ROOT + ".onnx";
  private static final String ONNX_FORMAT = ROOT + ".onnx.format..";
  private static final String ONNX_QUANTIZE = ROOT + ".onnx.quantize..";
  private static final String TF = ROOT + ".tf..";
  private static final String CACHE = ROOT + ".cache..";
  private static final String[] OTHER_MODULES = {ONNX, TF, CACHE};
  private static final String[] PLATFORM = {"java..", "org.jspecify.."};

  private static final DescribedPredicate<JavaClass> CORE =
      resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(OTHER_MODULES))).as("core");

  // ---- modules ----

  @ArchTest
  static final ArchRule core_needsThePlatformAndQueuesAlone =
      classes()
          .that(CORE)
          .should()
          .onlyDependOnClassesThat(
              CORE.or(resideInAnyPackage(PLATFORM))
                  .or(
                      resideInAnyPackage(
                          "sun.misc", "jdk.jfr", "javax.management..", "org.jctools.queues..")));

  /** The JDK 11 queues without Unsafe, of which nobody outside the batcher need know. */
  @ArchTest
  static final ArchRule queues_areTheBatchersAlone =
      noClasses()
          .that(CORE)
          .and()
          .resideOutsideOfPackage(BATCH)
          .should()
          .dependOnClassesThat(resideInAnyPackage("org.jctools.."));

  @ArchTest
  static final ArchRule unsafe_isUsedToFreeBuffersAlone =
      noClasses()
          .that(CORE)
          .and()
          .haveSimpleNameNotStartingWith("DirectMemory")
          .should()
          .dependOnClassesThat(resideInAPackage("sun.misc"));

  /** Its module may be absent. */
  @ArchTest
  static final ArchRule management_isUsedToTrimTheHeapAlone =
      noClasses()
          .that(CORE)
          .and()
          .haveSimpleNameNotStartingWith("TrimCommand")
          .should()
          .dependOnClassesThat(resideInAnyPackage("java.lang.management..", "javax.management.."));

  @ArchTest
  static final ArchRule core_logsThroughSystemLogger =
      noClasses()
          .that(CORE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.util.logging..", "org.slf4j..", "org.apache..");

  @ArchTest
  static final ArchRule onnx_needsCoreAndOnnxRuntimeAlone =
      classes()
          .that()
          .resideInAnyPackage(ONNX_ENGINE, ONNX_FORMAT)
          .should()
          .onlyDependOnClassesThat(
              CORE.or(resideInAnyPackage(PLATFORM))
                  .or(resideInAnyPackage(ONNX_ENGINE, ONNX_FORMAT, "ai.onnxruntime..")));

  @ArchTest
  static final ArchRule onnxFormat_usesNothingOfOurs =
      noClasses()
          .that()
          .resideInAPackage(ONNX_FORMAT)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ONNX_ENGINE, ONNX_QUANTIZE);

  @ArchTest
  static final ArchRule onnxQuantize_needsProtobufAndNoRuntime =
      classes()
          .that()
          .resideInAPackage(ONNX_QUANTIZE)
          .should()
          .onlyDependOnClassesThat(
              CORE.or(resideInAnyPackage(PLATFORM))
                  .or(
                      resideInAnyPackage(
                          ONNX_QUANTIZE, ONNX_FORMAT, "ai.onnx.proto..", "com.google.protobuf..")));

  /** A user who does not quantize needs no ONNX classes: they are an optional dependency. */
  @ArchTest
  static final ArchRule inspectorGateAndVariants_needNoProtobuf =
      noClasses()
          .that()
          .resideInAPackage(ONNX_QUANTIZE)
          .and()
          .haveNameMatching(
              ".*(Inspector|Summary|SummaryReader|Gate|GateReport|Variants|OnnxVariantChooser|TimeEstimate|VariantName"
                  + "|Precision|Scheme|QuantizeOptions|GeneratedInputs)(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.onnx.proto..", "com.google.protobuf..");

  @ArchTest
  static final ArchRule onnx_showsItsEngineAndOptionsAlone =
      classes()
          .that()
          .resideInAPackage(ONNX_ENGINE)
          .and()
          .areTopLevelClasses()
          .and()
          .doNotHaveSimpleName("OnnxEngine")
          .and()
          .doNotHaveSimpleName("OnnxOptions")
          .should()
          .bePackagePrivate();

  @ArchTest
  static final ArchRule tf_needsCoreAndTensorFlowAlone =
      classes()
          .that()
          .resideInAPackage(TF)
          .should()
          .onlyDependOnClassesThat(
              CORE.or(resideInAnyPackage(PLATFORM))
                  .or(
                      resideInAnyPackage(
                          TF,
                          "org.tensorflow..",
                          "org.bytedeco.javacpp..",
                          "com.google.protobuf..")));

  @ArchTest
  static final ArchRule tf_showsItsEngineAndOptionsAlone =
      classes()
          .that()
          .resideInAPackage(TF)
          .and()
          .areTopLevelClasses()
          .and()
          .doNotHaveSimpleName("TensorFlowEngine")
          .and()
          .doNotHaveSimpleName("TensorFlowOptions")
          .should()
          .bePackagePrivate();

  @ArchTest
  static final ArchRule cache_needsCoreAndCaffeineAlone =
      classes()
          .that()
          .resideInAPackage(CACHE)
          .should()
          .onlyDependOnClassesThat(
              CORE.or(resideInAnyPackage(PLATFORM))
                  .or(resideInAnyPackage(CACHE, "com.github.benmanes.caffeine..")));

  @ArchTest
  static final ArchRule cache_knowsNoEngineAndNoBatcher =
      onlyUses(CACHE, ROOT, TENSOR, CALLS, CONCURRENT, METRICS, EVENTS);

  // ---- packages of core ----

  @ArchTest static final ArchRule tensor_usesNothingOfOurs = onlyUses(TENSOR);

  @ArchTest static final ArchRule concurrent_usesEventsAlone = onlyUses(CONCURRENT, EVENTS);

  @ArchTest static final ArchRule files_usesAClockAlone = onlyUses(FILES, CONCURRENT);

  @ArchTest static final ArchRule json_usesNothingOfOurs = onlyUses(JSON);

  @ArchTest static final ArchRule cost_usesNothingOfOurs = onlyUses(COST);

  @ArchTest static final ArchRule metrics_usesConcurrentAlone = onlyUses(METRICS, CONCURRENT);

  @ArchTest static final ArchRule flight_usesNothingOfOurs = onlyUses(FLIGHT);

  @ArchTest static final ArchRule events_usesFlightAlone = onlyUses(EVENTS, FLIGHT);

  @ArchTest
  static final ArchRule monitoring_usesRootMetricsEventsAndConcurrentAlone =
      onlyUses(MONITORING, ROOT, METRICS, EVENTS, CONCURRENT);

  /** The root uses no internal package that uses the root. */
  @ArchTest
  static final ArchRule root_usesTensorMetricsAndConcurrentAlone =
      onlyUses(ROOT, TENSOR, METRICS, CONCURRENT);

  @ArchTest
  static final ArchRule calls_usesRootAndConcurrentAlone = onlyUses(CALLS, ROOT, CONCURRENT);

  /** What the author of an engine implements knows nothing of sessions and their options. */
  @ArchTest static final ArchRule spi_usesRootAndTensorAlone = onlyUses(SPI, ROOT, TENSOR);

  @ArchTest
  static final ArchRule engine_usesNoLayer =
      onlyUses(ENGINE, ROOT, TENSOR, SPI, CALLS, CONCURRENT, COST, FILES, METRICS, EVENTS, FLIGHT);

  @ArchTest
  static final ArchRule batch_knowsNoTensorAndNoEngine =
      onlyUses(BATCH, ROOT, CALLS, CONCURRENT, COST, METRICS, EVENTS);

  @ArchTest
  static final ArchRule bulk_usesNothingInternalButThreadsAndFailures =
      onlyUses(BULK, ROOT, BATCH, ENGINE, CALLS, CONCURRENT);

  /**
   * A shadow looks whether the batcher of the version that serves has calls waiting. A plan that
   * was kept without its version is checked with the source of a stand-in.
   */
  @ArchTest
  static final ArchRule deploy_knowsNoCacheAndNoProvider =
      onlyUses(
          DEPLOY,
          ROOT,
          MODEL,
          TENSOR,
          BATCH,
          ENGINE,
          CONCURRENT,
          FILES,
          JSON,
          METRICS,
          EVENTS,
          ROLLOUT,
          EXPERIMENT,
          ROUTING,
          STATISTICS);

  /** What judges a canary or an experiment reads no clock and knows no predictor. */
  @ArchTest static final ArchRule rollout_usesHashesAlone = onlyUses(ROLLOUT, ROUTING);

  @ArchTest static final ArchRule experiment_usesNothingOfOurs = onlyUses(EXPERIMENT, ROUTING);
  @ArchTest static final ArchRule routing_usesNothingOfOurs = onlyUses(ROUTING);

  /** A repository loads nothing: it names what an engine loads, and compares it before. */
  @ArchTest
  static final ArchRule model_usesNoLayer =
      onlyUses(MODEL, ROOT, TENSOR, ENGINE, CONCURRENT, FILES, JSON);

  /** Each package of each module is a slice, the root too. */
  @ArchTest
  static final ArchRule packages_haveNoCycles =
      slices().matching("dev.inproc.(**)").should().beFreeOfCycles();

  private static ArchRule onlyUses(String user, String... used) {
    return classes()
        .that()
        .resideInAPackage(user)
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage(user)
                .or(resideInAnyPackage(used))
                .or(not(resideInAPackage(ROOT + ".."))));
  }
}

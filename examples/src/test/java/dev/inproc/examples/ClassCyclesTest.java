package dev.inproc.examples;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.INTERFACES;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Set;

/**
 * No cycle between the classes of a package: a part calls no owner. A class and its nested classes
 * count as one; a public nested interface of a public class, a callback, counts by itself.
 *
 * <p>Exempt is what an interface refers to: it makes its implementations and names the layers that
 * wrap it; so is a sealed class that names its subclasses.
 */
@AnalyzeClasses(
    packages = ArchitectureTest.ROOT,
    importOptions = ImportOption.DoNotIncludeTests.class)
class ClassCyclesTest {
  private static final Set<String> PACKAGES =
      Set.of(
          "",
          ".batch",
          ".bulk",
          ".cache",
          ".cache.bound",
          ".cache.index",
          ".cache.risk",
          ".cache.text",
          ".deploy",
          ".engine",
          ".internal.calls",
          ".internal.concurrent",
          ".internal.cost",
          ".internal.files",
          ".internal.flight",
          ".internal.json",
          ".internal.experiment",
          ".internal.rollout",
          ".internal.routing",
          ".internal.statistics",
          ".events",
          ".metrics",
          ".model",
          ".monitoring",
          ".onnx",
          ".onnx.format",
          ".onnx.quantize",
          ".spi",
          ".tensor",
          ".tf");

  private static final SliceAssignment CLASSES =
      new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass each) {
          String inRoot = each.getPackageName().replace(ArchitectureTest.ROOT, "");
          return PACKAGES.contains(inRoot)
              ? SliceIdentifier.of(owner(each).getName())
              : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
          return "classes";
        }
      };

  private static JavaClass owner(JavaClass each) {
    boolean isCallback = each.isInterface() && each.getModifiers().contains(JavaModifier.PUBLIC);
    return each.getEnclosingClass()
        .filter(outer -> !(isCallback && outer.getModifiers().contains(JavaModifier.PUBLIC)))
        .map(ClassCyclesTest::owner)
        .orElse(each);
  }

  @ArchTest
  static final ArchRule classes_haveNoCycles =
      slices()
          .assignedFrom(CLASSES)
          .should()
          .beFreeOfCycles()
          .ignoreDependency(INTERFACES, DescribedPredicate.alwaysTrue())
          .ignoreDependency(simpleName("InferenceException"), DescribedPredicate.alwaysTrue())
          // Public values that name each other: a call's options carry the facts of its answer.
          .ignoreDependency(simpleName("AnswerFacts"), simpleName("CallOptions"))
          // Options that create the layer which reads them.
          .ignoreDependency(simpleName("Batching"), simpleName("BatchScheduler"))
          // The two halves of an engine's adapter: a model opens bindings, which use it.
          .ignoreDependency(simpleName("OnnxBinding"), simpleName("OnnxModel"))
          .ignoreDependency(simpleName("TensorFlowBinding"), simpleName("TensorFlowModel"));
}

package dev.inproc.examples;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * No class of the machinery reaches itself through other classes of the machinery of its package.
 * Machinery is every top-level class of an {@code internal} package, and every package-private one
 * of the others: a user's options may create what reads them. A nested class counts as its
 * top-level class. The step from a type to its own subtype does not count: a sealed type names its
 * subtypes, and a factory method of an interface creates one.
 */
final class NoClassCycles extends ArchCondition<JavaClass> {
  private final Map<JavaClass, Set<JavaClass>> uses = new HashMap<>();

  private NoClassCycles() {
    super("not reach themselves through other classes of their package");
  }

  static ArchRule in(String... packages) {
    return classes().that(resideInAnyPackage(packages).and(MACHINERY)).should(new NoClassCycles());
  }

  private static final DescribedPredicate<JavaClass> MACHINERY =
      DescribedPredicate.describe("are top-level machinery", NoClassCycles::isMachinery);

  private static boolean isMachinery(JavaClass type) {
    return type.isTopLevelClass()
        && (!type.getModifiers().contains(JavaModifier.PUBLIC)
            || type.getPackageName().contains(".internal"));
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    Map<JavaClass, JavaClass> from = new HashMap<>(); // how a class was reached
    Deque<JavaClass> open = new ArrayDeque<>(Set.of(type));
    while (!open.isEmpty()) {
      JavaClass next = open.removeFirst();
      for (JavaClass used : uses.computeIfAbsent(next, NoClassCycles::usedBy)) {
        if (from.putIfAbsent(used, next) == null) {
          open.addLast(used);
        }
      }
    }
    boolean isCycle = from.containsKey(type);
    events.add(new SimpleConditionEvent(type, !isCycle, isCycle ? path(type, from) : ""));
  }

  private static String path(JavaClass type, Map<JavaClass, JavaClass> from) {
    StringBuilder path = new StringBuilder(type.getSimpleName());
    JavaClass step = type;
    do {
      step = from.get(step);
      path.insert(0, step.getSimpleName() + " -> ");
    } while (!step.equals(type));
    return path + " in " + type.getPackageName();
  }

  private static Set<JavaClass> usedBy(JavaClass type) {
    Set<JavaClass> withNested =
        type.getPackage().getClasses().stream()
            .filter(each -> topLevel(each).equals(type))
            .collect(Collectors.toSet());
    Set<JavaClass> used = new TreeSet<>((a, b) -> a.getName().compareTo(b.getName()));
    for (JavaClass each : withNested) {
      for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
        JavaClass target = topLevel(dependency.getTargetClass().getBaseComponentType());
        if (!target.equals(type)
            && target.getPackageName().equals(type.getPackageName())
            && isMachinery(target)
            && !target.isAssignableTo(type.getName())) {
          used.add(target);
        }
      }
    }
    return used;
  }

  private static JavaClass topLevel(JavaClass type) {
    return type.getEnclosingClass().map(NoClassCycles::topLevel).orElse(type);
  }
}

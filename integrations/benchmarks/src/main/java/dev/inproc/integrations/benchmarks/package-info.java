/**
 * Text embedding as applications use it: this library against LangChain4j's and Spring AI's own
 * in-process models, on the same model file and the same engine.
 *
 * <pre>{@code
 * ./mvnw -q -Pintegrations -pl integrations/benchmarks -am -DskipTests package
 * java -jar integrations/benchmarks/target/benchmarks.jar -rf json -rff out.json
 * }</pre>
 */
@NullMarked
package dev.inproc.integrations.benchmarks;

import org.jspecify.annotations.NullMarked;

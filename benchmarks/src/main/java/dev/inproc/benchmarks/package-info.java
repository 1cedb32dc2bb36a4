/**
 * Benchmarks. {@code EngineOverhead*} compares a session with ONNX Runtime's own binding, as an
 * expert would use it, and with DJL; {@link dev.inproc.benchmarks.RatioReport} turns its figures
 * into ratios; {@link dev.inproc.benchmarks.ThreadSettings} measures thread settings.
 *
 * <pre>{@code
 * ./mvnw -q -pl benchmarks -am -DskipTests package
 * java -jar benchmarks/target/benchmarks.jar EngineOverhead -rf json -rff out.json
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.RatioReport out.json
 * }</pre>
 */
@NullMarked
package dev.inproc.benchmarks;

import org.jspecify.annotations.NullMarked;

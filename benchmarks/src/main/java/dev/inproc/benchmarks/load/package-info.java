/**
 * The load generator. An open loop ({@link dev.inproc.benchmarks.load.OpenLoop}) sends requests at
 * intended times whatever becomes of earlier ones, and counts each latency from the intended time;
 * a closed loop ({@link dev.inproc.benchmarks.load.ClosedLoop}) is callers who each wait for their
 * answer; a window ({@link dev.inproc.benchmarks.load.Window}) keeps a fixed number of requests
 * under way. Time is a {@link dev.inproc.benchmarks.load.Clock}, so tests check the generator
 * itself against queueing theory in virtual time.
 */
@NullMarked
package dev.inproc.benchmarks.load;

import org.jspecify.annotations.NullMarked;

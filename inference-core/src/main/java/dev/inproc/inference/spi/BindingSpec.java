package dev.inproc.inference.spi;

import dev.inproc.inference.tensor.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a binding is for.
 *
 * @param inputShapes the shape of each input, in the signature's order
 * @param outputs the positions of the outputs wanted, in the signature's order
 * @param outputShapes the shape that each of those will have, null where it cannot be foretold. A
 *     model may contradict; the engine must then give the true output all the same
 * @param memory gives direct, native-order buffers of a number of bytes; they stay the pool's. They
 *     hold what an earlier run left: an engine that is given one for an output must write all of it
 */
public record BindingSpec(
    List<Shape> inputShapes,
    List<Integer> outputs,
    List<@Nullable Shape> outputShapes,
    IntFunction<ByteBuffer> memory) {}

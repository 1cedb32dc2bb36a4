package dev.inproc.inference.spi;

import dev.inproc.inference.tensor.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The shapes and outputs of the runs that a binding is for.
 *
 * @param inputShapes the shape of each input, in the signature's order
 * @param outputs the positions of the outputs wanted, in the signature's order
 * @param outputShapes the shape that each wanted output will have, null if it cannot be foretold.
 *     The model may contradict it; the engine must then still give the true output
 * @param memory lends direct buffers of a number of bytes, in native order. A buffer holds what an
 *     earlier run left, so the engine must write all of a buffer that it uses for an output
 */
public record BindingSpec(
    List<Shape> inputShapes,
    List<Integer> outputs,
    List<@Nullable Shape> outputShapes,
    IntFunction<ByteBuffer> memory) {}

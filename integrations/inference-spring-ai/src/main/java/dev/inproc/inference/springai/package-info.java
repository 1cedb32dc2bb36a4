/** Text embedders as Spring AI's {@code EmbeddingModel}. */
@NullMarked
package dev.inproc.inference.springai;

import org.jspecify.annotations.NullMarked;

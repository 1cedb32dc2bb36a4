/** Text in, vectors, scores or labels out: tokenizer, model and pooling behind one predictor. */
@NullMarked
package dev.inproc.inference.text;

import org.jspecify.annotations.NullMarked;

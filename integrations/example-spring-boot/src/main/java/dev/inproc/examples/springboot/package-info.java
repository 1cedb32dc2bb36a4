/** A REST search over a FAQ, with a sentence encoder in the process. */
@NullMarked
package dev.inproc.examples.springboot;

import org.jspecify.annotations.NullMarked;

@NullMarked
package dev.inproc.inference.cache.index;

import org.jspecify.annotations.NullMarked;

/** What a run costs, learned from runs. Shared by the engines and the batcher; not exported. */
@NullMarked
package dev.inproc.inference.internal.cost;

import org.jspecify.annotations.NullMarked;

/** What a run costs, learned from runs. Shared by the engines and the batcher; not exported. */
@NullMarked
package dev.inproc.inference.cost;

import org.jspecify.annotations.NullMarked;

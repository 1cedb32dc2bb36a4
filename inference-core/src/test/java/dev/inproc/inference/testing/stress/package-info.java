/** The ledger stress test of batching predictors: docs/batching-proofs.md. */
@NullMarked
package dev.inproc.inference.testing.stress;

import org.jspecify.annotations.NullMarked;

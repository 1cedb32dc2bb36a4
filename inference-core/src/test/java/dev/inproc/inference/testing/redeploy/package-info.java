/** An application that is deployed, used and undeployed again and again in one JVM. */
@NullMarked
package dev.inproc.inference.testing.redeploy;

import org.jspecify.annotations.NullMarked;

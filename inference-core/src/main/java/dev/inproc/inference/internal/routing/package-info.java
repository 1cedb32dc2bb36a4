/** Which keys go where. Exported to Inproc's own modules alone; it may change in any release. */
@NullMarked
package dev.inproc.inference.internal.routing;

import org.jspecify.annotations.NullMarked;

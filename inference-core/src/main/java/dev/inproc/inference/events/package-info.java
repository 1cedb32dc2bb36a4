/** What happens to models while they serve, for listeners and for JDK Flight Recorder. */
@NullMarked
package dev.inproc.inference.events;

import org.jspecify.annotations.NullMarked;

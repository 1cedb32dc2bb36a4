/** What the modules share for JDK Flight Recorder. */
@NullMarked
package dev.inproc.inference.internal.flight;

import org.jspecify.annotations.NullMarked;

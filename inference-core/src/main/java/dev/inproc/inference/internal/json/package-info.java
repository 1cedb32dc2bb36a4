/**
 * A small reader and writer of JSON for files that may be hostile. Exported to Inproc's own modules
 * alone; it may change in any release.
 */
@NullMarked
package dev.inproc.inference.internal.json;

import org.jspecify.annotations.NullMarked;

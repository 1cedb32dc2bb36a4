/**
 * What the engines' checks of model files share, and what they say of the temporary directory.
 * Exported to Inproc's own modules alone; it may change in any release.
 */
@NullMarked
package dev.inproc.inference.internal.files;

import org.jspecify.annotations.NullMarked;

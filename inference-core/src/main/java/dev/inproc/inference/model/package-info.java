/**
 * Models in a directory: versions that are complete or invisible, their manifests, labels. {@link
 * dev.inproc.inference.model.ModelRepository} finds and publishes them, and tells its listeners of
 * what changes.
 */
@NullMarked
package dev.inproc.inference.model;

import org.jspecify.annotations.NullMarked;

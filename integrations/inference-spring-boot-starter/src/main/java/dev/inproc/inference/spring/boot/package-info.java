/** Models as beans of a Spring Boot application, from its properties. */
@NullMarked
package dev.inproc.inference.spring.boot;

import org.jspecify.annotations.NullMarked;

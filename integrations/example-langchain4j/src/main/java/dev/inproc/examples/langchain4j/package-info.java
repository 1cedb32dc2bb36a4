/** Retrieval for a chat model with LangChain4j, embedded in the process. */
@NullMarked
package dev.inproc.examples.langchain4j;

import org.jspecify.annotations.NullMarked;

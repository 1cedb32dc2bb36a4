/** LangChain4j's embedding and scoring models, served by predictors. */
@NullMarked
package dev.inproc.inference.langchain4j;

import org.jspecify.annotations.NullMarked;

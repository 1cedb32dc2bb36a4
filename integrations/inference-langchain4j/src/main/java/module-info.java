/** LangChain4j's embedding and scoring models, served by predictors. */
module dev.inproc.inference.langchain4j {
  requires static transitive org.jspecify;
  requires transitive dev.inproc.inference.text;
  requires transitive langchain4j.core;

  exports dev.inproc.inference.langchain4j;
}

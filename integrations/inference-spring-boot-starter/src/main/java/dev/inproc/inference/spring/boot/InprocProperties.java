package dev.inproc.inference.spring.boot;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The application's properties of models. A property that does not exist is refused.
 *
 * @param models the models by name; each becomes a bean of this name
 */
@ConfigurationProperties(prefix = InprocProperties.PREFIX, ignoreUnknownFields = false)
public record InprocProperties(@DefaultValue Map<String, ModelProperties> models) {
  static final String PREFIX = "inproc";
  static final String MODELS = PREFIX + ".models";

  /** Copies the models, in the order of their names. */
  public InprocProperties {
    models = Collections.unmodifiableMap(new TreeMap<>(models));
  }

  /** Returns what the properties of a model begin with. */
  static String prefix(String model) {
    return MODELS + "." + model;
  }
}

package dev.inproc.inference.monitoring;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A document as the JDK's XML parser reads it. By reflection, since core's tests are compiled into
 * core's module, which does not read {@code java.xml}.
 */
record XmlElement(
    String name, Map<String, String> attributes, String text, List<XmlElement> children) {
  private static final String DOM = "org.w3c.dom.";

  /** Throws if the document is not well-formed. */
  static XmlElement parse(String document) throws ReflectiveOperationException {
    Class<?> factory = Class.forName("javax.xml.parsers.DocumentBuilderFactory");
    Object builder =
        factory
            .getMethod("newDocumentBuilder")
            .invoke(factory.getMethod("newInstance").invoke(null));
    Class<?> handler = Class.forName("org.xml.sax.ErrorHandler");
    Class<?> type = Class.forName("javax.xml.parsers.DocumentBuilder");
    type.getMethod("setErrorHandler", handler).invoke(builder, new Object[] {null});
    InputStream bytes = new ByteArrayInputStream(document.getBytes(StandardCharsets.UTF_8));
    try {
      Object parsed = type.getMethod("parse", InputStream.class).invoke(builder, bytes);
      return element(call("Document", parsed, "getDocumentElement"));
    } catch (InvocationTargetException e) {
      throw new AssertionError("Not well-formed: " + e.getCause(), e);
    }
  }

  private static Object call(String type, Object target, String method)
      throws ReflectiveOperationException {
    return Class.forName(DOM + type).getMethod(method).invoke(target);
  }

  private static List<Object> items(String type, Object list) throws ReflectiveOperationException {
    List<Object> items = new ArrayList<>();
    int length = (int) call(type, list, "getLength");
    for (int i = 0; i < length; i++) {
      items.add(Class.forName(DOM + type).getMethod("item", int.class).invoke(list, i));
    }
    return items;
  }

  private static XmlElement element(Object node) throws ReflectiveOperationException {
    Map<String, String> attributes = new LinkedHashMap<>();
    for (Object each : items("NamedNodeMap", call("Node", node, "getAttributes"))) {
      attributes.put(
          (String) call("Node", each, "getNodeName"), (String) call("Node", each, "getNodeValue"));
    }
    List<XmlElement> children = new ArrayList<>();
    for (Object each : items("NodeList", call("Node", node, "getChildNodes"))) {
      if ((short) call("Node", each, "getNodeType") == 1) {
        children.add(element(each));
      }
    }
    String text = (String) call("Node", node, "getTextContent");
    return new XmlElement((String) call("Node", node, "getNodeName"), attributes, text, children);
  }

  /** Returns this element and all inside it. */
  Stream<XmlElement> all() {
    return Stream.concat(Stream.of(this), children.stream().flatMap(XmlElement::all));
  }

  /** Returns the elements of a name. */
  List<XmlElement> all(String tag) {
    return all().filter(each -> each.name.equals(tag)).toList();
  }

  String attribute(String attribute) {
    return attributes.getOrDefault(attribute, "");
  }
}

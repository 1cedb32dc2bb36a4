package dev.inproc.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

class CompactJsonTest {
  @Test
  void jmh_samplesAndHistogramsGo_scoresStay() {
    String jmh =
        """
        [{"benchmark": "a.B.c", "jmhVersion": "1.37",
          "primaryMetric": {"score": 144.34872772922603, "scoreError": "NaN",
            "scorePercentiles": {"0.0": 30.0, "50.0": 40.05, "99.99": 41548.5},
            "rawDataHistogram": [[[[30.0, 366]]]]},
          "secondaryMetrics": {"p0.50": {"score": 40.0}, "gc": {"score": 1.5}}},
         {"benchmark": "a.B.d", "primaryMetric": {"score": 14293860.151, "rawData": [[1.0]]},
          "secondaryMetrics": {}}]
        """;
    assertEquals(
        """
        [
        {"benchmark":"a.B.c","primaryMetric":{"score":144.3,"scoreError":"NaN",\
        "scorePercentiles":{"0.0":30,"50.0":40.05}},"secondaryMetrics":{"gc":{"score":1.5}}},
        {"benchmark":"a.B.d","primaryMetric":{"score":14290000}}
        ]
        """,
        CompactJson.of(JsonParser.parseString(jmh)));
  }

  @Test
  void suite_percentilesStayAndHistogramsGo() {
    String suite =
        """
        {"command": "run", "machine": {"processors": 2},
         "cells": [{"value": 0.0324022739, "details": {"p50.0": 2.043, "hdr": "HIST"}}, {"value": 1}]}
        """;
    assertEquals(
        """
        {"command":"run",
        "machine":{"processors":2},
        "cells":[
        {"value":0.0324,"details":{"p50.0":2.043}},
        {"value":1}
        ]}
        """,
        CompactJson.of(JsonParser.parseString(suite)));
  }
}

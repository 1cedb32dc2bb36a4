package dev.inproc.inference.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanNumbersTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.0012 | second | 1.2 ms",
        "0 | second | 0 s",
        "1.2e-10 | second | 0.12 ns",
        "3e-6 | second | 3 \u00b5s",
        "9.996e-7 | second | 1 \u00b5s",
        "0.9999 | second | 1 s",
        "59.96 | second | 1 min",
        "754.3 | second | 12.6 min",
        "3599.9 | second | 1 h",
        "1e9 | second | 11,600 d",
        "-0.0025 | second | -2.5 ms",
        "1e-300 | second | 1.0E-300 s",
        "3.4e6 | byte | 3.4 MB",
        "1 | byte | 1 byte",
        "999 | byte | 999 bytes",
        "999.6 | byte | 1 kB",
        "2147483648 | byte | 2.15 GB",
        "1.5e13 | byte | 15 TB",
        "4e15 | byte | 4,000 TB",
        "9e18 | byte | 9.0E18 bytes",
        "0.0732 | ratio | 7.32 %",
        "1 | share | 100 %",
        "12345 | call | 12,345 calls",
        "1 | call | 1 call",
        "0 | call | 0 calls",
        "1e12 | call | 1,000,000,000,000 calls",
        "-12345.6 | entry | -12,346 entries",
        "999.97 | batch | 1,000 batches",
        "2 | key | 2 keys",
        "1834.2 | answer/second | 1,834 answers a second",
        "12.3456 | call per second | 12.35 calls a second",
        "1 | call/second | 1 call a second",
        "2.5 | 1 | 2.5",
        "2 | kW | 2 kW",
        "2 | \u00b0C | 2 \u00b0C",
        "0.1 | call | 0.1 calls",
        "1e300 | call | 1.0E300 calls",
        "NaN | second | not known",
        "NaN | call | not known",
        "Infinity | byte | infinite",
        "-Infinity | ratio | -infinite",
      })
  void value_withUnit_isReadByAPerson(double value, String unit, String expected) {
    assertEquals(expected, HumanNumbers.of(value, unit));
  }

  @Test
  void value_withoutUnit_isTheNumber() {
    assertEquals("12,345", HumanNumbers.of(12_345, ""));
    assertEquals("not known", HumanNumbers.of(Double.NaN, ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1000000000001 | call | 1,000,000,000,001 calls",
        "9223372036854775807 | call | 9,223,372,036,854,775,807 calls",
        "-9223372036854775808 | call | -9,223,372,036,854,775,808 calls",
        "123 | call | 123 calls",
        "-123 | call | -123 calls",
        "1 | try | 1 try",
        "5000000 | byte | 5 MB",
        "5000 | second | 1.39 h",
      })
  void count_keepsAllDigits_exceptOfTimesAndSizes(long count, String unit, String expected) {
    assertEquals(expected, HumanNumbers.count(count, unit));
  }

  @Test
  void numbers_inAnotherLocale_areTheSame() {
    Locale before = Locale.getDefault();
    try {
      for (String tag : new String[] {"de-DE", "ar-EG-u-nu-arab", "tr-TR", "hi-IN-u-nu-deva"}) {
        Locale.setDefault(Locale.forLanguageTag(tag));
        assertEquals("1.2 ms", HumanNumbers.of(0.0012, "second"));
        assertEquals("12,345 tries", HumanNumbers.count(12_345, "try"));
        assertEquals("3.4 MB", HumanNumbers.of(3.4e6, "byte"));
      }
    } finally {
      Locale.setDefault(before);
    }
  }
}

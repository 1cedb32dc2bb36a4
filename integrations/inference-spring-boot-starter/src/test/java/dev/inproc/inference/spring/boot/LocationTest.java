package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocationTest {
  private static final ClassLoader CLASSES = LocationTest.class.getClassLoader();

  @TempDir Path directory;

  @Test
  void location_onDisk_isReadWithAndWithoutAScheme() throws IOException {
    Path file = Files.createFile(directory.resolve("a b.onnx"));
    for (String text :
        new String[] {
          file.toString(), file.toUri().toString(), "file:" + file.toString().replace(" ", "%20")
        }) {
      assertThat(ModelLocation.of(text, CLASSES).exists()).as(text).isTrue();
    }
    assertThat(ModelLocation.of("file:relative/x.onnx", CLASSES).path())
        .isEqualTo(Path.of("relative/x.onnx"));
    assertThat(ModelLocation.of("classpath:/models/faq/", CLASSES).child("tokenizer.json"))
        .hasToString("classpath:models/faq/tokenizer.json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://models.example/faq", "s3://bucket/faq", "", "classpath*:faq"})
  void location_elsewhere_isRefused(String location) {
    assertThatThrownBy(() -> ModelLocation.of(location, CLASSES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("classpath: or file:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "EMBEDDER|{\"architectures\": [\"BertModel\"]}",
        "CLASSIFIER|{\"architectures\": [\"BertForSequenceClassification\"]}",
        "CLASSIFIER|{\"architectures\": [\"XForSequenceClassification\"], \"id2label\": {\"0\": \"A\", \"1\": \"B\"}}",
        "CROSS_ENCODER|{\"architectures\": [\"XForSequenceClassification\"], \"id2label\": {\"0\": \"LABEL_0\"}}",
        "EMBEDDER|{}"
      })
  void kind_ofADirectory_isToldByItsConfiguration(String expectedAndConfig) throws IOException {
    String[] parts = expectedAndConfig.split("\\|", -1);
    Files.writeString(directory.resolve("tokenizer.json"), "{}");
    Files.writeString(directory.resolve("config.json"), parts[1]);
    ModelLocation location = ModelLocation.of(directory.toString(), CLASSES);
    assertThat(ModelInspection.kind(location, false)).isEqualTo(ModelKind.valueOf(parts[0]));
    assertThat(ModelInspection.engine(location)).isEqualTo("onnx");
  }

  @Test
  void kind_withoutATokenizer_isTensors() throws IOException {
    ModelLocation location = ModelLocation.of(directory.toString(), CLASSES);
    assertThat(ModelInspection.kind(location, false)).isEqualTo(ModelKind.TENSORS);
    Files.createFile(directory.resolve("saved_model.pb"));
    assertThat(ModelInspection.engine(location)).isEqualTo("tensorflow");
  }

  @Test
  void configuration_thatIsNoJson_isRefusedByName() throws IOException {
    Files.writeString(directory.resolve("tokenizer.json"), "{}");
    Files.writeString(directory.resolve("config.json"), "[[[");
    assertThatThrownBy(
            () -> ModelInspection.kind(ModelLocation.of(directory.toString(), CLASSES), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("config.json");
  }

  @Test
  void devices_asProperties_areReadOrRefused() {
    assertThat(ModelOptions.device("cuda:1")).hasToString("cuda:1");
    assertThat(ModelOptions.device("cuda:0?").isRequired()).isFalse();
    assertThat(ModelOptions.device("CPU")).hasToString("cpu");
    assertThat(ModelOptions.device("auto").toString()).startsWith("auto");
    assertThatThrownBy(() -> ModelOptions.device("cuda:first")).hasMessageContaining("cuda:first");
  }
}

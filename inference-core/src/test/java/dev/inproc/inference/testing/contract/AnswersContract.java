package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers are right, by every way to ask. */
interface AnswersContract extends Contract {
  @Test
  default void tinyMlp_everyWayToAsk_equalsTheReference() {
    Random random = new Random(1);
    try (Session session = load(models().tinyMlp())) {
      List<Tensors> inputs = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        inputs.add(Contract.row(random));
      }
      List<Tensors> together = session.predictAll(inputs);
      assertEquals(64, together.size());
      float[] all = new float[64 * 16];
      for (int i = 0; i < 64; i++) {
        float[] row = inputs.get(i).only().toFloats();
        System.arraycopy(row, 0, all, i * 16, 16);
        float[] expected = models().tinyMlpReference(row);
        assertEquals(Shape.of(1), together.get(i).get("y").shape());
        assertClose(expected, together.get(i).get("y").toFloats());
        assertClose(expected, session.predict(inputs.get(i)).get("y").toFloats());
        assertClose(expected, Await.value(session.submit(inputs.get(i))).get("y").toFloats());
      }
      Tensors raw = session.runRaw(Tensors.of("x", Tensor.of(Shape.of(64, 16), all)));
      assertEquals(Shape.of(64, 1), raw.get("y").shape());
      assertClose(models().tinyMlpReference(all), raw.get("y").toFloats());
    }
  }

  @Test
  default void tinyMlp_inputsOfEveryMagnitude_equalTheReferenceAloneAndTogether() {
    try (Session session = load(models().tinyMlp())) {
      List<Tensors> inputs = new ArrayList<>();
      for (float scale : new float[] {0, 1e-30f, 1e-3f, 1, 10}) {
        float[] row = new float[16];
        Arrays.fill(row, scale);
        inputs.add(Contract.x(row));
      }
      List<Tensors> together = session.predictAll(inputs);
      for (int i = 0; i < inputs.size(); i++) {
        float[] expected = models().tinyMlpReference(inputs.get(i).only().toFloats());
        assertClose(expected, together.get(i).only().toFloats());
        assertClose(expected, session.predict(inputs.get(i)).only().toFloats());
      }
    }
  }

  @Test
  default void predictAll_moreThanTheLargestBatch_answersAllInOrder() {
    Random random = new Random(2);
    try (Session session = load(models().tinyMlp(), SessionOptions.builder().maxBatchSize(7))) {
      List<Tensors> inputs = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        inputs.add(Contract.row(random));
      }
      List<Tensors> answers = session.predictAll(inputs);
      for (int i = 0; i < 100; i++) {
        float[] expected = models().tinyMlpReference(inputs.get(i).only().toFloats());
        assertClose(expected, answers.get(i).only().toFloats());
      }
    }
  }

  @Test
  default void predictAll_ofNothing_isEmpty() {
    try (Session session = load(models().tinyMlp())) {
      assertEquals(List.of(), session.predictAll(List.of()));
    }
  }

  /** Mixed lengths, some tokens masked by the caller, with padding allowed and without. */
  @Test
  default void maskedMean_mixedLengths_equalTheReferencePaddedAndNot() {
    Random random = new Random(3);
    SessionOptions.Builder padding =
        SessionOptions.builder().pad("input_ids", 0).pad("attention_mask", 0);
    try (Session padded = load(models().maskedMean(), padding);
        Session exact = load(models().maskedMean())) {
      for (int round = 0; round < 20; round++) {
        List<long[]> ids = new ArrayList<>();
        List<long[]> masks = new ArrayList<>();
        List<Tensors> inputs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          int length = 1 + random.nextInt(12);
          long[] mask = random.longs(length, 0, 2).toArray();
          mask[0] = 1;
          ids.add(random.longs(length, 0, ContractModels.VOCABULARY).toArray());
          masks.add(mask);
          inputs.add(Contract.text(ids.get(i), mask));
        }
        List<Tensors> a = padded.predictAll(inputs);
        List<Tensors> b = exact.predictAll(inputs);
        for (int i = 0; i < inputs.size(); i++) {
          float[] expected = models().maskedMeanReference(ids.get(i), masks.get(i));
          assertClose(expected, a.get(i).get("mean").toFloats());
          assertClose(expected, b.get(i).get("mean").toFloats());
          assertEquals(
              Shape.of(ids.get(i).length, ContractModels.WIDTH), a.get(i).get("tokens").shape());
          assertEquals(b.get(i).get("tokens"), a.get(i).get("tokens"));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SEQUENCE") // no input is one
  default void identity_everyType_comesBackBitForBit(DataType type) {
    String reason = models().lacks(type);
    if (reason != null) {
      skip("no " + type + ": " + reason);
    }
    Tensor tensor = Examples.of(type);
    try (Session session = load(models().identity(type))) {
      Tensors input = Tensors.of("x", tensor);
      Tensors other = Tensors.of("x", Examples.reversed(tensor));
      assertEquals(tensor, session.predict(input).get("y"));
      assertEquals(tensor, Await.value(session.submit(input)).get("y"));
      List<Tensors> answers = session.predictAll(List.of(input, other, input));
      assertEquals(tensor, answers.get(0).get("y"));
      assertEquals(other.only(), answers.get(1).get("y"));
      assertEquals(tensor, answers.get(2).get("y"));
      Tensor raw = tensor.reshape(Shape.of(1, tensor.elements()));
      assertEquals(raw, session.runRaw(Tensors.of("x", raw)).get("y"));
    }
  }

  @Test
  default void stringLabels_comeAsStrings() {
    needs(Capability.STRING_OUTPUTS);
    try (Session session = load(models().stringLabels())) {
      List<Tensors> inputs =
          List.of(Contract.x(1, 2), Contract.x(2, 1), Contract.x(0, 1), Contract.x(5, -5));
      List<Tensors> answers = session.predictAll(inputs);
      List<String> expected = List.of("yes", "no", "yes", "no");
      for (int i = 0; i < inputs.size(); i++) {
        assertEquals(Shape.scalar(), answers.get(i).get("label").shape());
        assertEquals(expected.get(i), answers.get(i).only().getString(0));
        assertEquals(answers.get(i), session.predict(inputs.get(i)));
      }
    }
  }
}

package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ErrorCompensationTest {
  private static final int WIDTH = 150; // no multiple of a panel or a tile
  private static final int COLUMNS = 41;
  private static final int ROWS = 600;
  private static final int HIDDEN = 20; // what the channels are mixed from

  /** Channels that are mixtures of fewer things, and a little noise: what activations are like. */
  private static float[] activations(int seed) {
    float[] mixture = Zoo.normal(99, HIDDEN * WIDTH);
    float[] hidden = Zoo.normal(seed, ROWS * HIDDEN);
    float[] noise = Zoo.normal(seed + 1, ROWS * WIDTH);
    float[] rows = new float[ROWS * WIDTH];
    for (int r = 0; r < ROWS; r++) {
      for (int c = 0; c < WIDTH; c++) {
        float value = 0.3f * noise[r * WIDTH + c];
        for (int h = 0; h < HIDDEN; h++) {
          value += hidden[r * HIDDEN + h] * mixture[h * WIDTH + c];
        }
        rows[r * WIDTH + c] = value;
      }
    }
    return rows;
  }

  private static GramMatrix gram(float[] rows) {
    GramMatrix gram = new GramMatrix(WIDTH);
    gram.add(rows, rows.length / WIDTH);
    return gram;
  }

  private static WeightMath.Quantized byColumn(float[] weight, float[] seen) {
    ErrorCompensation compensation = seen == null ? null : ErrorCompensation.of(gram(seen));
    return WeightMath.byColumn(weight, WIDTH, COLUMNS, 0, compensation);
  }

  private static float[] values(WeightMath.Quantized quantized) {
    float[] values = new float[quantized.values().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = quantized.values()[i] * quantized.scales()[i % COLUMNS];
    }
    return values;
  }

  /** The mean square error of the products of these rows. */
  private static double error(float[] rows, float[] weight, float[] quantized) {
    double error = 0;
    for (int r = 0; r < rows.length / WIDTH; r++) {
      for (int c = 0; c < COLUMNS; c++) {
        double difference = 0;
        for (int k = 0; k < WIDTH; k++) {
          int at = k * COLUMNS + c;
          difference += rows[r * WIDTH + k] * (double) (weight[at] - quantized[at]);
        }
        error += difference * difference;
      }
    }
    return error / rows.length * WIDTH / COLUMNS;
  }

  @Test
  void mixedChannels_compensated_haveAThirdOfTheErrorOnOtherRows() {
    float[] weight = Zoo.normal(1, WIDTH * COLUMNS);
    float[] others = activations(20);
    double plain = error(others, weight, values(byColumn(weight, null)));
    double with = error(others, weight, values(byColumn(weight, activations(10))));
    assertTrue(with < plain / 3, with + " compensated, " + plain + " plain");
  }

  @Test
  void mixedChannels_compensatedInBlocksOfInt4_haveHalfTheErrorOnOtherRows() {
    float[] weight = Zoo.normal(1, WIDTH * COLUMNS);
    float[] others = activations(20);
    ErrorCompensation compensation = ErrorCompensation.of(gram(activations(10)));
    double plain = error(others, weight, blocks(BlockMath.byBlock(weight, COLUMNS, 32, 4, null)));
    double with =
        error(others, weight, blocks(BlockMath.byBlock(weight, COLUMNS, 32, 4, compensation)));
    assertTrue(with < plain / 2, with + " compensated, " + plain + " plain");
  }

  private static float[] blocks(WeightMath.Quantized quantized) {
    int blocks = (WIDTH + 31) / 32;
    float[] values = new float[WIDTH * COLUMNS];
    for (int column = 0; column < COLUMNS; column++) {
      for (int row = 0; row < WIDTH; row++) {
        int at = column * blocks * 32 + row;
        int level = ((quantized.values()[at / 2] >> (4 * (at % 2))) & 15) - 8;
        values[row * COLUMNS + column] = level * quantized.scales()[column * blocks + row / 32];
      }
    }
    return values;
  }

  @Test
  void levels_twice_areTheSame_andWithinTheRange() {
    float[] weight = Zoo.normal(2, WIDTH * COLUMNS);
    byte[] levels = byColumn(weight, activations(10)).values();
    assertArrayEquals(levels, byColumn(weight, activations(10)).values());
    for (byte level : levels) {
      assertTrue(level >= -127);
    }
  }

  @Test
  void scales_compensated_areAsWithout() {
    float[] weight = Zoo.normal(2, WIDTH * COLUMNS);
    assertArrayEquals(byColumn(weight, null).scales(), byColumn(weight, activations(10)).scales());
  }

  /** Uncorrelated channels have nothing to make up for each other with. */
  @Test
  void independentChannels_compensated_areNearlyRoundedPlainly() {
    float[] weight = Zoo.normal(3, WIDTH * COLUMNS);
    float[] rows = new float[WIDTH * WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      rows[i * WIDTH + i] = 1;
    }
    assertArrayEquals(byColumn(weight, null).values(), byColumn(weight, rows).values());
  }

  @Test
  void constantRows_compensated_keepTheirProduct() {
    float[] weight = Zoo.normal(4, WIDTH * COLUMNS);
    float[] rows = new float[10 * WIDTH];
    Arrays.fill(rows, 1);
    double plain = error(rows, weight, values(byColumn(weight, null)));
    double with = error(rows, weight, values(byColumn(weight, rows)));
    assertTrue(with < plain / 10, with + " compensated, " + plain + " plain");
  }

  @Test
  void deadChannels_compensated_areRoundedPlainly_andSpoilNothing() {
    float[] weight = Zoo.normal(5, WIDTH * COLUMNS);
    float[] rows = activations(10);
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i % WIDTH < 7 ? 0 : rows[i];
    }
    byte[] plain = byColumn(weight, null).values();
    byte[] with = byColumn(weight, rows).values();
    assertArrayEquals(Arrays.copyOf(plain, 7 * COLUMNS), Arrays.copyOf(with, 7 * COLUMNS));
  }

  @Test
  void rowsOfZeros_orNone_orTooLarge_giveNoCompensation() {
    assertNull(ErrorCompensation.of(new GramMatrix(WIDTH)));
    assertNull(ErrorCompensation.of(gram(new float[3 * WIDTH])));
    float[] large = new float[3 * WIDTH];
    Arrays.fill(large, 1e30f);
    assertNull(ErrorCompensation.of(gram(large)), "its squares are infinite");
    assertNotNull(ErrorCompensation.of(gram(activations(10))));
  }

  @Test
  void zeroColumn_compensated_staysZero() {
    float[] weight = Zoo.normal(6, WIDTH * COLUMNS);
    for (int row = 0; row < WIDTH; row++) {
      weight[row * COLUMNS + 5] = 0;
    }
    WeightMath.Quantized quantized = byColumn(weight, activations(10));
    assertEquals(0, quantized.scales()[5]);
    for (int row = 0; row < WIDTH; row++) {
      assertEquals(0, quantized.values()[row * COLUMNS + 5]);
    }
  }

  @Test
  void gram_inParts_equalsTheDefinition() {
    float[] rows = Arrays.copyOf(activations(10), 77 * WIDTH);
    GramMatrix gram = new GramMatrix(WIDTH);
    gram.add(rows, 70);
    gram.add(Arrays.copyOfRange(rows, 70 * WIDTH, 77 * WIDTH), 7);
    assertEquals(77, gram.rows());
    Random random = new Random(1);
    for (int n = 0; n < 200; n++) {
      int i = random.nextInt(WIDTH);
      int j = random.nextInt(WIDTH);
      double sum = 0;
      for (int r = 0; r < 77; r++) {
        sum += (double) rows[r * WIDTH + i] * rows[r * WIDTH + j];
      }
      assertEquals(sum, gram.get(i, j), 1e-3, i + ", " + j);
    }
  }

  @Test
  void cholesky_ofAPositiveDefiniteMatrix_givesItBack_andRefusesOthers() {
    GramMatrix gram = gram(activations(10));
    double[][] rows = new double[WIDTH][];
    for (int i = 0; i < WIDTH; i++) {
      rows[i] = new double[i + 1];
      for (int j = 0; j <= i; j++) {
        rows[i][j] = gram.get(i, j);
      }
    }
    assertTrue(Cholesky.factor(rows));
    for (int i = 0; i < WIDTH; i++) {
      for (int j = 0; j <= i; j++) {
        double product = 0;
        for (int k = 0; k <= j; k++) {
          product += rows[i][k] * rows[j][k];
        }
        assertEquals(gram.get(i, j), product, 1e-6 * gram.get(i, i) + 1e-6 * gram.get(j, j));
      }
    }
    assertFalse(Cholesky.factor(new double[][] {{1}, {2, 1}}), "its determinant is -3");
    assertFalse(Cholesky.factor(new double[][] {{Double.NaN}}));
  }
}

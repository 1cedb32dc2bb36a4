package dev.inproc.inference.cache.streams;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A stream of vectors in clusters on the sphere. A cluster has one answer; its members lie at
 * normally distributed cosines around its centre; some clusters lie so near another one that their
 * members are mixed up. A few clusters are asked often (Zipf's law).
 *
 * @param seed of all choices
 * @param size requests
 * @param clusters how many
 * @param cosine the mean cosine of a member to its centre
 * @param spread its standard deviation
 * @param confusable the share of clusters near another one
 * @param drift whether half-way a third of the clusters split: half of each gets another answer
 */
public record ClusterStream(
    long seed,
    int size,
    int clusters,
    double cosine,
    double spread,
    double confusable,
    boolean drift) {
  private static final int DIMENSIONS = 384;

  private record Cluster(String answer, float[] centre, float[] normal, boolean splits) {}

  public static ClusterStream of(long seed, int size) {
    return new ClusterStream(seed, size, 2000, 0.93, 0.03, 0.2, false);
  }

  public ClusterStream withDrift() {
    return new ClusterStream(seed, size, clusters, cosine, spread, confusable, true);
  }

  public List<StreamRequest> generate() {
    SplittableRandom random = new SplittableRandom(seed);
    Sphere sphere = new Sphere(random, DIMENSIONS);
    List<Cluster> all = new ArrayList<>(clusters);
    for (int i = 0; i < clusters; i++) {
      float[] centre =
          i > 0 && random.nextDouble() < confusable
              ? sphere.near(all.get(random.nextInt(i)).centre, 0.9 + 0.08 * random.nextDouble())
              : sphere.direction();
      all.add(new Cluster("c" + i, centre, sphere.direction(), random.nextInt(3) == 0));
    }
    double[] popularity = TextStream.zipf(clusters);
    List<StreamRequest> stream = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      Cluster cluster = all.get(TextStream.draw(popularity, random));
      double near = cosine + spread * Sphere.gaussian(random);
      float[] vector = sphere.near(cluster.centre, Math.max(0.5, Math.min(0.999, near)));
      boolean changed =
          drift
              && i >= size / 2
              && cluster.splits
              && Sphere.dot(vector, cluster.normal) > Sphere.dot(cluster.centre, cluster.normal);
      stream.add(new StreamRequest("v" + i, cluster.answer + (changed ? "'" : ""), vector));
    }
    return stream;
  }
}

package dev.inproc.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.tribuo.Example;
import org.tribuo.MutableDataset;
import org.tribuo.classification.Label;
import org.tribuo.classification.LabelFactory;
import org.tribuo.classification.dtree.CARTClassificationTrainer;
import org.tribuo.classification.dtree.impurity.GiniIndex;
import org.tribuo.classification.ensemble.FullyWeightedVotingCombiner;
import org.tribuo.common.tree.RandomForestTrainer;
import org.tribuo.ensemble.WeightedEnsembleModel;
import org.tribuo.impl.ArrayExample;
import org.tribuo.provenance.SimpleDataSourceProvenance;

/** Trains a random forest with Tribuo. The same data and seed give the same forest. */
final class FraudForest {
  /** The labels, as a data scientist would number them, in the order of the model's output. */
  static final List<String> CLASSES = List.of("0", "1");

  static final int FRAUD_CLASS = 1;

  private static final int DEPTH = 9;
  private static final int MIN_EXAMPLES = 10; // in a leaf
  private static final float FEATURES_PER_SPLIT = 0.4f;

  // Kept, lest the setting be collected with it: Tribuo reports each tree.
  private static final Logger TRIBUO = Logger.getLogger("org.tribuo");

  private FraudForest() {}

  static WeightedEnsembleModel<Label> train(
      List<TransactionGenerator.Labelled> data, int trees, long seed) {
    TRIBUO.setLevel(Level.WARNING);
    LabelFactory labels = new LabelFactory();
    List<Example<Label>> examples = new ArrayList<>(data.size());
    for (TransactionGenerator.Labelled each : data) {
      examples.add(example(each.transaction(), each.fraud()));
    }
    MutableDataset<Label> dataset =
        new MutableDataset<>(
            examples, new SimpleDataSourceProvenance("made-up transactions", labels), labels);
    CARTClassificationTrainer tree =
        new CARTClassificationTrainer(
            DEPTH, MIN_EXAMPLES, 0, FEATURES_PER_SPLIT, false, new GiniIndex(), seed);
    // Averages the trees' probabilities, as scikit-learn does and ONNX can say.
    RandomForestTrainer<Label> forest =
        new RandomForestTrainer<>(tree, new FullyWeightedVotingCombiner(), trees, seed);
    return (WeightedEnsembleModel<Label>) forest.train(dataset);
  }

  static Example<Label> example(Transaction transaction, boolean fraud) {
    float[] features = transaction.features();
    double[] values = new double[features.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = features[i];
    }
    Label label = new Label(CLASSES.get(fraud ? FRAUD_CLASS : 1 - FRAUD_CLASS));
    return new ArrayExample<>(label, Transaction.FEATURES.toArray(String[]::new), values);
  }
}

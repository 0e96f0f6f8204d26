# /// script
# dependencies = ["scikit-learn"]
# ///
from sklearn import datasets, ensemble

features, kinds = datasets.load_iris(return_X_y=True)
assert ensemble.RandomForestClassifier(10).fit(features, kinds).score(features, kinds) > 0.9

import pytest

from components.errors import DataError
from components.features import LabelFeature
from components.transform import label_classes


@pytest.mark.parametrize("classes", [("$", "$$", "größe"), (0, 1, 10**15)])
def test_a_label_without_classes_gets_those_that_transform_wrote(tmp_path, classes):
    label = LabelFeature("price", "classification", classes, separator="")
    label_classes.write(str(tmp_path), list(classes))
    given = LabelFeature.from_json(label.without_classes().to_json())
    assert given.classes == ()
    assert label_classes.with_classes(given, str(tmp_path)) == label
    own = LabelFeature("price", "classification", ("a", "b"))
    assert label_classes.with_classes(own, str(tmp_path)) == own


def test_numbers_have_no_classes_and_a_graph_of_others_is_named(tmp_path):
    number = LabelFeature("price", "regression")
    assert label_classes.with_classes(number, str(tmp_path)) == number
    with pytest.raises(DataError, match="does not have the classes of 'kind'; run Transform again"):
        label_classes.with_classes(LabelFeature("kind", "multilabel"), str(tmp_path))

from importlib.metadata import PathDistribution, distribution

import pytest

from pipeline.kubeflow import licences


def test_every_package_is_listed_with_a_licence():
    found = {name: (version, licence) for name, version, licence in licences.python_packages()}
    assert found["keras"] == (distribution("keras").version, "Apache License 2.0")
    assert found["pydantic"][1] == "MIT"
    assert [name for name, (_, licence) in found.items() if licence in ("", "unknown")] == []


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("License-Expression: MIT\nLicense: old\n", "MIT"),
        ("Classifier: License :: OSI Approved\nClassifier: License :: OSI Approved :: BSD License\n", "BSD License"),
        ("License: Apache 2.0\n        The full text\n", "Apache 2.0"),
        ("License-File: LICENSE\n", "see LICENSE"),
        ("", "unknown"),
    ],
)  # fmt: skip
def test_the_licence_is_what_the_metadata_says(tmp_path, metadata, expected):
    (tmp_path / "METADATA").write_text(f"Metadata-Version: 2.4\nName: some\n{metadata}", encoding="utf-8")
    assert licences.licence(PathDistribution(tmp_path)) == expected

"""The image's check of itself; `make image-test` runs all of it in the image."""

import re

import pytest

from pipeline.kubeflow import selfcheck
from tests.conftest import ROOT


def test_this_environment_has_the_locked_versions():
    locked = re.findall(r"^[^\s#]+==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert selfcheck.CHECKS["locked versions"]() == f"{len(locked)} packages"


def test_other_versions_are_named(tmp_path, monkeypatch):
    changed = tmp_path / "requirements.txt"
    changed.write_text(
        "# comment\nnumpy==1.0 ; sys_platform == 'linux'\nNot.There==2\n"
        "pyyaml==0 ; python_full_version >= '3.12'\nclick==0\n"
    )
    monkeypatch.setattr(selfcheck, "LOCK", changed)
    with pytest.raises(selfcheck.Unfit) as raised:
        selfcheck.CHECKS["locked versions"]()
    assert re.fullmatch(
        r"numpy \S+ instead of 1\.0, Not\.There missing instead of 2, click \S+ instead of 0",
        str(raised.value),
    )


@pytest.mark.parametrize("fit", [True, False])
def test_one_failed_check_fails_all_and_the_others_still_run(fit, monkeypatch, capsys):
    def broken() -> str:
        raise ImportError("no module named x")

    checks = {"first": str if fit else broken, "second": lambda: "as it must be"}
    monkeypatch.setattr(selfcheck, "CHECKS", checks)
    with pytest.raises(SystemExit) as ended:
        selfcheck.main()
    assert bool(ended.value.code) is not fit
    first, second = capsys.readouterr().out.splitlines()
    assert first[0] == ("✓" if fit else "✗")
    assert fit or first.endswith("ImportError: no module named x")
    assert re.fullmatch(r"✓ second +0\.0 s  as it must be", second)

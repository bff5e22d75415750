"""The changes on the page still fit the template that the locked TFX ships; `make template-test` runs it."""

import ast
import shutil
import subprocess

from tests.template import documented


def test_the_changes_fit_the_template(tmp_path):
    template = tmp_path / "taxi"
    shutil.copytree(documented.SOURCE, template, ignore=shutil.ignore_patterns("__pycache__", "e2e_tests"))
    script = documented.blocks("bash")[0].splitlines()
    assert script[:2] == [documented.COPIED, "cd taxi"]
    subprocess.run(["bash", "-e", "-c", "\n".join(script[2:])], cwd=template, check=True)
    documented.change(template)
    pipeline = (template / "pipeline/pipeline.py").read_text(encoding="utf-8")
    assert "# components.append" not in pipeline
    for file in template.rglob("*.py"):
        ast.parse(file.read_bytes())
    lines = documented.changed_lines(template)
    assert set(lines) == {"models/keras_model/model.py", "pipeline/pipeline.py"}
    assert lines["pipeline/pipeline.py"] <= 9

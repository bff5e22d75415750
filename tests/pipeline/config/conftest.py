from pathlib import Path

import pytest


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    folder.mkdir()
    rows = [f"{20 + i},{'north' if i % 3 else 'south'},{i % 2}" for i in range(40)]
    (folder / "people.csv").write_text("age,region,bought\n" + "\n".join(rows) + "\n")
    return folder

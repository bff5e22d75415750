from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--kfp", type=Path, help="folder with KFP's `driver` and `launcher-v2`")


@pytest.fixture(scope="session")
def programs(request) -> Path:
    """The folder with KFP's programs."""
    folder = request.config.getoption("--kfp", default=None)
    if folder is None:
        pytest.skip("needs KFP's driver and launcher: make kfp-test KFP=FOLDER")
    return folder

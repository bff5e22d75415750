import subprocess
import sys

import pytest

from reactive_schedules.extras import brought_by

USES = {
    "keras_tuner": "from reactive_schedules.search import space;"
    "space.to_hyperparameters({'learning_rate': {'family': 'constant', 'peak': 0.1}, 'epochs': 2}, {},"
    " {'learning_rate': {'peak': [0.1, 0.2]}})",
    "optuna": "import reactive_schedules.search.oracles.parzen",
    "threadpoolctl": "import reactive_schedules.search.oracles.bayesian",
    "cloudpickle": "from reactive_schedules.search.script.given import Given;"
    "Given(len, (), (), {}, {}).stored().__enter__()",
    "rich": "from reactive_schedules.search.script.display import display;"
    "display(1, ('val_loss', 'min'), 1, verbose=1).__enter__()",
    "jinja2": "import reactive_schedules.pages.shell",
    "plotly": "import reactive_schedules.pages.charts",
}


@pytest.mark.parametrize("module", USES)
def test_a_missing_module_is_named_with_the_extra_that_brings_it(module):
    # None keeps Python from finding the module.
    program = f"import sys; sys.modules[{module!r}] = None; {USES[module]}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    *_, last = done.stderr.splitlines()
    name, _, rest = last.removeprefix("ModuleNotFoundError: ").partition(" ")
    assert name.partition(".")[0] == module
    assert rest == "is not installed; run pip install 'reactive-schedules[search]'"


def test_a_fault_of_our_own_is_not_hidden():
    with (
        pytest.raises(ModuleNotFoundError, match="No module named 'reactive_schedules.nonsense'"),
        brought_by("search"),
    ):
        import reactive_schedules.nonsense  # noqa: F401  # pyright: ignore[reportMissingImports]

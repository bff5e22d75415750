import pytest

from reactive_schedules.search.executor.coordinator import Coordinator
from reactive_schedules.search.executor.journal import Journal
from reactive_schedules.search.executor.worker import Work
from tests.reactive_schedules.search.executor import trials


@pytest.fixture(scope="session")
def alone(tmp_path_factory):
    """The executions of trials that ran one after another on this machine, by number."""
    folder = tmp_path_factory.mktemp("alone")
    work = Work(trials.FUNCTION, {"folder": str(folder)})
    with Coordinator(work, Journal(folder / "journal"), None) as coordinator:
        found = coordinator.run([trials.ask(number) for number in range(1, 6)])
    assert [len(result["executions"][0]["history"]["value"]) for result in found] == [trials.EPOCHS] * 5
    return {result["number"]: result["executions"] for result in found}

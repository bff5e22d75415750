"""What KFP's own programs did with a package of sixteen shell tasks, and whether a run did the same.

`recorded/tasks.yaml` is the package; `recorded/outcomes.json` is what happened to its tasks when KFP's API server code,
driver and launcher, built from their source, ran it on an S3 store: for each release and task the input, the attempts
with their errors, variables and output, and the files beside `output_metadata.json`. Ids and the session of the store
are replaced. There, tasks went on after another had failed. Odd output files are without effect on 2.14.3, because the
tasks write them where it does not look.
"""

import json
import re
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from tests.kubeflow.replay import Cluster
from tests.kubeflow.run import KFP_2_5, KFP_2_17, Run, Task

FOLDER = Path(__file__).parent / "recorded"
PACKAGE = (FOLDER / "tasks.yaml").read_text(encoding="utf-8")
OUTCOMES = json.loads((FOLDER / "outcomes.json").read_text(encoding="utf-8"))
RELEASES = {"2.14.3": KFP_2_5, "2.17.0": KFP_2_17}


def without_ids(value: Any) -> Any:
    """A value with ids, numbers and the store's session replaced, as they are in the recording."""
    if isinstance(value, dict):
        named = {"store_session_info": "<session>"}
        if str(value.get("name", "")).isdecimal():
            named["name"] = "<number>"
        return {key: named.get(key) or without_ids(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_ids(each) for each in value]
    if isinstance(value, str):
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|run-\d+", "<id>", value)
        return re.sub(r"(?<=KFP_POD_NAME=).+|(?<=KFP_POD_UID=uid-).+", "<pod>", text)
    return value


def printed(task: str, text: str) -> list[Any] | dict[str, Any]:
    """What a command printed, as it is recorded: of `ls` only names, of `env` only KFP's variables."""
    if task == "reads-meta":
        return without_ids(json.loads(text))
    lines = [re.sub(r"^[-d]r.* (\S+)$", r"\1", line) for line in without_ids(text).splitlines()]
    if task == "second-time":
        lines = [line for line in lines if line.startswith("KFP_") or line == "not yet"]
    if task == "fails":
        lines = [
            line for line in lines if line != "the reason"
        ]  # to stderr, which the recording does not have
    if task == "killed":
        lines = []
    return [re.sub(r"^total \d+$", "total 8", line) for line in lines]


def in_short(error: str) -> str:
    """An error up to where Go's and Python's words part."""
    return re.split(r"(?<=json\": )|(?<=unable to complete copying )", error)[0]


def uploaded(cluster: Cluster, task: Task) -> list[str]:
    assert task.given is not None
    root = cluster.objects.path(task.given.outputs.artifacts["out"].artifacts[0].uri).parent
    return sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())


def ended_as_recorded(release: str, cluster: Cluster, run: Run, name: str) -> None:
    """Compares a task with the recording.

    Raises:
        AssertionError: It was given something else, ended otherwise, or left other files.
    """
    recorded, task = OUTCOMES[release][name], run.tasks[name]
    assert task.given is not None, task.error
    given = without_ids(json_format.MessageToDict(task.given))
    given.setdefault("inputs", {})
    assert given == recorded["executor_input"]
    # The order of uploads is by chance: when one fails, the log may be there or not.
    by_chance = recorded["attempts"][-1]["error"].startswith("failed to execute component: failed to upload")
    found, expected = (
        [file for file in files if not (by_chance and file.startswith("executor-logs"))]
        for files in (uploaded(cluster, task), recorded["uploaded"])
    )
    assert found == expected
    attempts = [
        {
            "state": "Failed" if attempt.error else "Succeeded",
            "error": in_short(without_ids(attempt.error)),
            "environment": sorted(attempt.environment),
            "output": printed(name, (run.logs / f"{name}-{number}.log").read_text(encoding="utf-8")),
        }
        for number, attempt in enumerate(task.tried)
    ]
    assert attempts == [{**attempt, "error": in_short(attempt["error"])} for attempt in recorded["attempts"]]

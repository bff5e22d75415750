"""`kubeflow_runner.py submit --every`, `--cron`, `--list` and `--stop`, with the real client against the API server."""

import datetime

import pytest

from components.errors import UserError
from pipeline.kubeflow import parameters
from tests.kubeflow.api import KubeflowApi
from tests.kubeflow.test_submit import PARAMETERS, run, write

DUE = datetime.datetime(2026, 12, 1, 6, 0, 0, tzinfo=datetime.UTC)


@pytest.fixture
def package(tmp_path):
    return write(tmp_path, PARAMETERS)


@pytest.mark.parametrize(
    ("arguments", "trigger", "shown"),
    [
        (["--every", "1d"], {"periodic_schedule": {"interval_second": "86400"}}, "every 1d"),
        (["--every", "90min"], {"periodic_schedule": {"interval_second": "5400"}}, "every 90min"),
        (["--every", "14d"], {"periodic_schedule": {"interval_second": "1209600"}}, "every 2w"),
        # Kubeflow's first field is the second.
        (["--cron", "0 6 * * *"], {"cron_schedule": {"cron": "0 0 6 * * *"}}, "at '0 6 * * *'"),
        (["--cron", "*/5 6-8 1,15 jan mon"], {"cron_schedule": {"cron": "0 */5 6-8 1,15 jan mon"}}, "at '*/5 6-8 1,15 jan mon'"),
    ],
)  # fmt: skip
def test_a_package_recurs(package, arguments, trigger, shown):
    with KubeflowApi() as api:
        result = run(package, api.url, *arguments, "--param", "epochs=7", "--experiment", "nightly")
        assert (result.exit_code, result.stderr) == (0, "")
        (made,) = api.recurring.values()
        link = f"{api.url}/#/recurringrun/details/{made['recurring_run_id']}"
        assert result.stdout == f"Runs {shown}: {link}\n"
        listed = run(package, api.url, "--list")
        assert listed.stdout == f"{shown}, enabled: {link}\n"
    kind, schedule = next(iter(made["trigger"].items()))
    assert {kind: {key: str(value) for key, value in schedule.items()}} == trigger
    assert (made["display_name"], made["experiment_id"], made["mode"]) == ("digits", "e-2", "ENABLE")
    assert (made["max_concurrency"], made["no_catchup"]) == (1, True)
    assert made["pipeline_version_reference"] == {"pipeline_id": "p-1", "pipeline_version_id": "v-1"}


def test_every_run_reads_the_data_anew(package):
    with KubeflowApi() as api:
        assert run(package, api.url, "--every", "1d").exit_code == 0
        for day in range(2):
            api.tick(DUE + datetime.timedelta(days=day))
        configs = [started["runtime_config"] for started in api.runs.values()]
    assert [config["parameters"]["data_version"] for config in configs] == [
        "20261201060000",
        "20261202060000",
    ]
    assert {config["pipeline_root"] for config in configs} == {"minio://bucket/root"}


def test_there_is_one_recurring_run_of_a_pipeline_and_others_are_left_alone(package):
    with KubeflowApi() as api:
        for number in range(25):  # more than a page
            api.recurring[f"old-{number}"] = {
                "recurring_run_id": f"old-{number}",
                "display_name": "digits",
                "trigger": {},
            }
        api.recurring["other"] = {"recurring_run_id": "other", "display_name": "digits-2", "trigger": {}}
        result = run(package, api.url, "--cron", "0 6 * * 1")
        assert "Runs at '0 6 * * 1', in the place of 25 earlier: " in result.stdout
        assert [each["display_name"] for each in api.recurring.values()] == ["digits-2", "digits"]
        created = api.requests.index("POST /apis/v2beta1/recurringruns")
        deleted = [place for place, request in enumerate(api.requests) if request.startswith("DELETE")]
        assert created < min(deleted)
        assert run(package, api.url, "--stop").stdout == "Deleted 1 recurring run of digits\n"
        assert run(package, api.url, "--stop").stdout == "Deleted 0 recurring runs of digits\n"
        assert [*api.recurring] == ["other"]
        assert run(package, api.url, "--list").stdout == "digits has no recurring run\n"


def test_what_excludes_each_other_is_refused(package):
    with KubeflowApi() as api:
        result = run(package, api.url, "--every", "1d", "--wait")
    assert result.exit_code == 2
    assert (
        result.stderr.splitlines()[-1] == "Error: --every and --wait exclude each other; choose one of them"
    )
    assert api.requests == []


def test_a_kubeflow_that_does_not_say_when_a_run_was_due_is_refused():
    """Its runs would all be the same for the cache, so the first one fails."""
    values = {"data_version": "[[ScheduledTime]]", "data": "1"}
    with pytest.raises(
        UserError, match="^data_version: this Kubeflow does not replace .*, as it does from release 2.16"
    ):
        parameters.apply(values, {"data_version": "1"})

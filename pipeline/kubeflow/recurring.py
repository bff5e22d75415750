"""Recurring runs: a package that Kubeflow runs again and again."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from pipeline.kubeflow.compiled import Package
from pipeline.kubeflow.login import SubmitError
from pipeline.kubeflow.submit import Service, named, pages

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclasses.dataclass(frozen=True)
class Schedule:
    """When runs are due: either is set.

    Attributes:
        seconds: Time between two runs.
        cron: Six fields: second, minute, hour, day of the month, month, day of the week.
    """

    seconds: int | None = None
    cron: str | None = None

    def __str__(self) -> str:
        if self.cron is not None:
            fields = self.cron.split()
            shown = fields[1:] if len(fields) == 6 and fields[0] == "0" else fields
            return f"at '{' '.join(shown)}'"
        seconds = self.seconds or 0
        unit = next(unit for unit, size in reversed(_SECONDS.items()) if seconds % size == 0)
        return f"every {seconds // _SECONDS[unit]}{unit}"


def every(text: str) -> Schedule:
    """Parses a time such as `30min`, `6h`, `1d` or `1w`.

    Raises:
        SubmitError: It is none.
    """
    found = re.fullmatch(r"([1-9][0-9]{,5})(min|h|d|w)", text.strip())
    if not found:
        raise SubmitError(f"--every {text}: must be a whole number with a unit, such as 30min, 6h, 1d or 1w")
    return Schedule(seconds=int(found[1]) * _SECONDS[found[2]])


def cron(text: str) -> Schedule:
    """Parses the five fields of a crontab.

    Kubeflow has a field for seconds before them, and would take five fields for the first five of six.

    Raises:
        SubmitError: There are not five.
    """
    fields = text.split()
    if len(fields) != 5 or not all(re.fullmatch(r"[0-9A-Za-z*/,?-]+", each) for each in fields):
        raise SubmitError(
            f"--cron {text!r}: must have five fields, as in a crontab: minute, hour, day of the month, month, day of "
            "the week, such as '0 6 * * *' for every day at six"
        )
    return Schedule(cron=" ".join(["0", *fields]))


class RecurringRuns:
    """The recurring runs of a Kubeflow installation; those of a package have the name of its pipeline.

    Args:
        service: The installation.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def create(
        self, package: Package, parameters: Mapping[str, Any], experiment: str | None, schedule: Schedule
    ) -> tuple[str, int]:
        """Uploads a version of the pipeline and makes the one recurring run of it, in the place of earlier ones.

        Args:
            package: Package to run.
            parameters: Parameters of each run.
            experiment: Name of an experiment; None for Default, which is created if necessary.
            schedule: When runs are due.

        Returns:
            Its id, and how many earlier ones were deleted.

        Raises:
            SubmitError: There is no such experiment, or Kubeflow rejects the package or the schedule.
        """
        with self._service.calling() as client:
            group = self._service.experiment(experiment)
            pipeline, version = self._service.upload(package)
            # There is no update. The new one comes first, so that there is one whatever happens.
            made = client.create_recurring_run(
                experiment_id=group,
                job_name=package.name,
                pipeline_id=pipeline,
                version_id=version,
                interval_second=schedule.seconds,
                cron_expression=schedule.cron,
                max_concurrency=1,
                no_catchup=True,  # after a pause, one run is enough
                params=dict(parameters),
                pipeline_root=package.root or None,
            ).recurring_run_id
        earlier = [each for each in self._all(package.name) if each.recurring_run_id != made]
        self._delete(earlier)
        return made, len(earlier)

    def known(self, name: str) -> list[tuple[str, str, str]]:
        """Id, schedule and state of the recurring runs of this name."""
        return [
            (each.recurring_run_id, str(_schedule(each.trigger)), (each.status or "unknown").lower())
            for each in self._all(name)
        ]

    def stop(self, name: str) -> int:
        """Deletes the recurring runs of this name, but not the runs that they have started; returns their number."""
        found = self._all(name)
        self._delete(found)
        return len(found)

    def link(self, number: str) -> str:
        """URL of a recurring run's page."""
        return f"{self._service.endpoint}/#/recurringrun/details/{number}"

    def _all(self, name: str) -> list[Any]:
        with self._service.calling() as client:
            listed = pages(
                client.list_recurring_runs,
                "recurring_runs",
                namespace=self._service.namespace,
                filter=named(name),
            )
            return [each for each in listed if each.display_name == name]

    def _delete(self, runs: list[Any]) -> None:
        with self._service.calling() as client:
            for each in runs:
                client.delete_recurring_run(each.recurring_run_id)


def _schedule(trigger: Any) -> Schedule:
    if trigger.cron_schedule is not None and trigger.cron_schedule.cron:
        return Schedule(cron=trigger.cron_schedule.cron)
    return Schedule(seconds=int(trigger.periodic_schedule.interval_second))

"""Argo's rules for a task that failed (workflow/controller/operator.go, processNodeRetries)."""

import dataclasses

from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2


@dataclasses.dataclass(frozen=True)
class Retries:
    """The retry strategy that KFP makes of a `retryPolicy`; all times are in seconds.

    Attributes:
        limit: Number of retries.
        pause: Time before the first of them.
        factor: What each later pause is longer by.
        deadline: Time after the start of the first attempt when there are no more retries, and retried pods end.
    """

    limit: int = 0
    pause: float = 0.0
    factor: int = 1
    deadline: float = 0.0

    @classmethod
    def of(cls, policy: spec_pb2.PipelineTaskSpec.RetryPolicy) -> "Retries":
        """What KFP's compiler passes on: `backoffMaxDuration` as `maxDuration`; what is not set is 0.

        Raises:
            ValueError: The factor is no integer.
        """
        if not policy.max_retry_count:
            return cls()
        if not policy.backoff_factor.is_integer():
            raise ValueError(f'strconv.Atoi: parsing "{policy.backoff_factor}": invalid syntax')
        return cls(
            policy.max_retry_count,
            policy.backoff_duration.seconds,
            int(policy.backoff_factor),
            policy.backoff_max_duration.seconds,
        )

    def next_start(self, attempts: int, now: float) -> float | None:
        """When the next attempt starts; None if there is none.

        Args:
            attempts: Number of attempts so far.
            now: Time since the first of them started.
        """
        start = now + self.pause * max(self.factor, 1) ** (attempts - 1)
        return None if attempts > self.limit or start > self.deadline else start

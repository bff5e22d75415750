"""Arguments of the Beam pipelines inside components, which run on the configured runner."""

_IN_PROCESS = "--runner=FnApiRunner"
"""What Beam's in-memory DirectRunner comes down to; the latter first looks for another runner online."""

_IN_PROCESSES = "--runner=components.workers.runner.ProcessRunner"

_LOCAL_RUNNERS = ("DirectRunner", "FnApiRunner")


def arguments(configured: list[str]) -> list[str]:
    """Completes the arguments of a configuration.

    Args:
        configured: arguments as Beam documents them; without a runner, or with Beam's DirectRunner, pipelines
            run on this machine: in this process, or with `--direct_running_mode=multi_processing` in others.
    """
    runner = next((value for value in configured if value.startswith("--runner=")), None)
    rest = [value for value in configured if value != runner]
    completed = []
    if runner and runner.removeprefix("--runner=") not in _LOCAL_RUNNERS:
        completed.append(runner)
    elif "--direct_running_mode=multi_processing" in rest:
        completed.append(_IN_PROCESSES)
    else:
        completed.append(_IN_PROCESS)
    # TensorFlow Data Validation can only be imported after TFX, which unpickling in a worker does not know.
    completed.append("--beam_plugins=tfx")
    if not any(value.startswith("--sdk_container_image=") for value in rest):
        # Workers have the project installed. Naming any image keeps TFX from packing its own source for them,
        # which takes seconds in every component.
        completed.append("--sdk_container_image=unused")
    return [*completed, *rest]

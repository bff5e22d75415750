"""Executors for the container entry to run."""

import os
import signal
import sys
from pathlib import Path

from tfx.dsl.components.base import base_executor

from components.artifacts import Study
from components.learning.attempt import checkpoint_dir


class Echo(base_executor.BaseExecutor):
    """Writes what it was given."""

    def Do(self, input_dict, output_dict, exec_properties):
        (model,), (study,) = input_dict["model"], output_dict["study"]
        assert isinstance(study, Study)
        assert Path(study.uri).is_dir()
        lines = [type(model).TYPE_NAME, model.uri, str(model.id), model.get_string_custom_property("version")]
        Path(study.uri, "given.txt").write_text("\n".join([*lines, repr(exec_properties)]), encoding="utf-8")
        study.set_string_custom_property("read", model.uri)
        study.set_int_custom_property("count", 3)
        study.set_int_custom_property("model_id", model.id)


class Links(base_executor.BaseExecutor):
    """Leaves a link that leads nowhere."""

    def Do(self, input_dict, output_dict, exec_properties):
        (study,) = output_dict["study"]
        Path(study.uri, "a").symlink_to("gone")


class KilledOnce(base_executor.BaseExecutor):
    """Notes in the folder for attempts that it was there, and is killed; at the second attempt, it goes on."""

    def Do(self, input_dict, output_dict, exec_properties):
        (study,) = output_dict["study"]
        folder = checkpoint_dir(study.uri, input_dict, exec_properties)
        folder.mkdir(parents=True, exist_ok=True)
        print("epochs:", len(list(folder.iterdir())), flush=True)
        (folder / str(len(list(folder.iterdir())))).touch()
        if len(list(folder.iterdir())) == 1:
            os.kill(os.getpid(), signal.SIGKILL)


class Fails(base_executor.BaseExecutor):
    """Prints which modules were imported for it, and raises."""

    def Do(self, input_dict, output_dict, exec_properties):
        print("imported:", *sorted({"keras_tuner", "tensorflow", "tfx.components"} & {*sys.modules}))
        raise ValueError("the data\nis empty")

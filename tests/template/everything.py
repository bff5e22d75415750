"""What else of TFX goes with our components, in the folder of the template after a run of it: `python everything.py TASK`.

- `beam` runs, on Beam's runner: the template again, whose steps come from the cache; and if its model was blessed, a
  training that starts from it, with BulkInferrer on the new model.
- `tfx` runs TFX's own Trainer on what our Tuner found, and our Trainer on what TFX's own Tuner found.
- `compile` compiles the template with InfraValidator, as IR and for Kubeflow.
"""

import importlib
import sys

from tfx import v1 as tfx

from components.trainer.component import Trainer

# Those of the template, which have the names of ours.
configs, pipeline, local_runner = map(
    importlib.import_module, ("pipeline.configs", "pipeline.pipeline", "local_runner")
)


def template(*more, name=configs.PIPELINE_NAME):
    """The template's pipeline, with what functions of its components by id add."""
    found = pipeline.create_pipeline(
        pipeline_name=name,
        pipeline_root=local_runner.PIPELINE_ROOT,
        data_path=local_runner.DATA_PATH,
        preprocessing_fn=configs.PREPROCESSING_FN,
        run_fn=configs.RUN_FN,
        train_args=tfx.proto.TrainArgs(num_steps=configs.TRAIN_NUM_STEPS),
        eval_args=tfx.proto.EvalArgs(num_steps=configs.EVAL_NUM_STEPS),
        eval_accuracy_threshold=configs.EVAL_ACCURACY_THRESHOLD,
        serving_model_dir=local_runner.SERVING_MODEL_DIR,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            local_runner.METADATA_PATH
        ),
    )
    by_id = {component.id: component for component in found.components}
    found.components = [*found.components, *(each for make in more for each in make(by_id))]
    found.enable_cache = True
    return found


def learning(by_id):
    """Arguments of a Trainer."""
    return {
        "examples": by_id["Transform"].outputs["transformed_examples"],
        "transform_graph": by_id["Transform"].outputs["transform_graph"],
        "spec": {"learning_rate": {"family": "constant", "peak": 1e-9}, "batch_size": 40, "epochs": 1},
        "build_model": "models.keras_model.model.build_model",
        "label": "tips_xf",
        "custom_config": {"units": [16, 8]},
    }


def warm(by_id):
    """A training that starts from the model in production, and predictions, if that was blessed."""
    resolver, evaluator = by_id["latest_blessed_model_resolver"], by_id["Evaluator"]
    with tfx.dsl.Cond(evaluator.outputs["blessing"].future()[0].custom_property("blessed") == 1):
        trainer = Trainer(**learning(by_id), base_model=resolver.outputs["model"]).with_id("WarmTrainer")
        inferrer = tfx.components.BulkInferrer(
            examples=by_id["CsvExampleGen"].outputs["examples"],
            model=trainer.outputs["model"],
            data_spec=tfx.proto.DataSpec(example_splits=["eval"]),
            model_spec=tfx.proto.ModelSpec(model_signature_name=["serving_default"]),
        )
    return trainer, inferrer


def theirs(by_id):
    """TFX's Trainer after our Tuner, and our Trainer after TFX's Tuner."""
    shared = {key: learning(by_id)[key] for key in ("examples", "transform_graph")}
    arguments = {
        "train_args": tfx.proto.TrainArgs(num_steps=5),
        "eval_args": tfx.proto.EvalArgs(num_steps=5),
    }
    own = tfx.components.Trainer(
        run_fn="functions.run_fn",
        hyperparameters=by_id["Tuner"].outputs["best_hyperparameters"],
        **shared,
        **arguments,
    ).with_id("TfxTrainer")
    tuner = tfx.components.Tuner(tuner_fn="functions.tuner_fn", **shared, **arguments).with_id("TfxTuner")
    best = tuner.outputs["best_hyperparameters"]
    return own, tuner, Trainer(**learning(by_id), hyperparameters=best).with_id("AfterTfxTuner")


def validated(by_id):
    """InfraValidator in Docker."""
    serving = tfx.proto.ServingSpec(
        tensorflow_serving=tfx.proto.TensorFlowServing(tags=["latest"]),
        local_docker=tfx.proto.LocalDockerConfig(),
    )
    return (tfx.components.InfraValidator(model=by_id["Trainer"].outputs["model"], serving_spec=serving),)


def compiled():
    """The pipeline as IR with InfraValidator, and without it, which TFX does not compile for it, for Kubeflow."""
    from tfx.dsl.compiler import compiler

    ir = compiler.Compiler().compile(template(validated))
    print(*(node.pipeline_node.node_info.id for node in ir.nodes))
    config = tfx.orchestration.experimental.KubeflowV2DagRunnerConfig(
        default_image="registry.example/taxi:1", use_pipeline_spec_2_1=True
    )
    runner = tfx.orchestration.experimental.KubeflowV2DagRunner(config=config, output_filename="taxi.yaml")
    runner.run(template())


if __name__ == "__main__":
    if sys.argv[1] == "beam":
        from tfx.orchestration.beam.beam_dag_runner import BeamDagRunner

        BeamDagRunner().run(template(warm))
    elif sys.argv[1] == "tfx":
        tfx.orchestration.LocalDagRunner().run(template(theirs))
    else:
        compiled()

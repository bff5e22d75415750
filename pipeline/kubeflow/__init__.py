"""Open-source Kubeflow Pipelines: compiling and submitting the pipeline, and running its containers."""

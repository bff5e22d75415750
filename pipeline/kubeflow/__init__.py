"""Open-source Kubeflow Pipelines: what is compiled, submitted and run in its containers."""

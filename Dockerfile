# What Kubeflow's tasks and Beam's workers run in: Debian's Python 3.11, the locked environment, this code.
#   docker build -t reactive-schedules --build-arg BASE=debian:12-slim@sha256:… .
# The digest makes builds begin with the same Debian: docker buildx imagetools inspect debian:12-slim
# For GPUs, with the packages in requirements-gpu.txt:
#   docker build -t reactive-schedules-gpu --build-arg GPU=1 .
# /sbom.cdx.json lists the locked packages (CycloneDX), /licences.txt what is installed, with its licences.
ARG BASE=debian:12-slim

FROM ${BASE} AS python
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*

FROM python AS environment
RUN apt-get update && apt-get install --yes --no-install-recommends binutils python3-venv \
    && python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir "uv==0.13.9"
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_PYTHON=/usr/bin/python3 UV_LINK_MODE=copy UV_SYSTEM_CERTS=1 \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH
WORKDIR /app
COPY pyproject.toml uv.lock requirements-gpu.txt pipeline/kubeflow/image/unused.txt pipeline/kubeflow/image/slim.py ./
# Compiled here, once: tasks cannot write into the image, and importing TFX takes three times as long without.
RUN --mount=type=cache,target=/root/.cache/uv \
    /opt/uv/bin/uv sync --frozen --no-dev --group pipeline --extra cluster --extra plots --extra search --no-install-project \
        $(sed 's/^/--no-install-package=/' unused.txt) --compile-bytecode
RUN /opt/uv/bin/uv export --frozen --no-dev --group pipeline --extra cluster --extra plots --extra search --no-emit-project \
    $(sed 's/^/--no-emit-package=/' unused.txt) --format cyclonedx1.5 --preview-features sbom-export --quiet --output-file /sbom.cdx.json
ARG GPU=
# The project's settings keep any other build of TensorFlow out, hence --no-config.
RUN --mount=type=cache,target=/root/.cache/uv \
    if [ -n "$GPU" ]; then \
        export VIRTUAL_ENV=/opt/venv \
        && /opt/uv/bin/uv pip uninstall tensorflow-cpu \
        && /opt/uv/bin/uv pip install --no-config --no-deps --require-hashes --compile-bytecode \
            --requirements requirements-gpu.txt; \
    fi; \
    python3 slim.py /opt/venv/lib/python3.11/site-packages

FROM python
# Kubeflow before 2.4 has no volumes in the places of its object stores.
RUN useradd --uid 1000 --user-group --create-home app && install --directory --owner=app /gcs /minio /s3
COPY --from=environment /opt/venv /opt/venv
COPY --from=environment /sbom.cdx.json /
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    TF_CPP_MIN_LOG_LEVEL=2
WORKDIR /app
COPY requirements.txt local_runner.py ./
COPY examples examples
COPY reactive_schedules reactive_schedules
COPY components components
COPY pipeline pipeline
RUN python -m compileall -q . && python -m pipeline.kubeflow.licences > /licences.txt
USER 1000
CMD ["python", "-m", "pipeline.kubeflow.selfcheck"]

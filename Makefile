# Every target does its own set-up; nothing is asked, no environment variable is needed.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export PYTHONPATH :=

# uv: the one on the path, or our own in .tools.
UV := $(or $(shell command -v uv),.tools/bin/uv)
# A real interpreter rather than a version manager's shim, when there is a Python 3.11; else uv brings one.
PYTHON := $(or $(shell python3.11 -c 'import sys; print(sys._base_executable)' 2>/dev/null),$(wildcard /usr/bin/python3.11),3.11)
RUN := .venv/bin/python
# What the pipeline is run, tested and imaged with. The library's extras for backends are not in it: the pipeline
# has TensorFlow for the CPU.
PIPELINE := --group pipeline --extra cluster --extra plots --extra search

# The tests of pages need Chromium. Where it can be had without asking, it is; else they are skipped and say so.
BROWSER := chromium chromium-driver fonts-dejavu-core

.PHONY: browser help run test lint format generate bench kubeflow cifar10 dist kill-test tuner-test fault-test image-test kfp-test compat-test torch-test benchmark-test flink-test spark-test store-test s3-test template-test check-all sbom lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

run: .venv/ready ## run the pipeline on the digits data
	$(RUN) local_runner.py

test: .venv/ready browser ## run every test
	$(RUN) -m pytest -n 2

browser:
	@if ! { command -v chromium && command -v chromedriver; } >/dev/null && [ "$$(id -u)" = 0 ] && grep -qx ID=debian /etc/os-release; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(BROWSER); fi

lint: .venv/ready ## check style, formatting, types and imports
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	.venv/bin/basedpyright
	.venv/bin/basedpyright --project pyrightconfig.loose.json
	.venv/bin/lint-imports --no-logo

format: .venv/ready ## format the code
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

generate: .venv/ready ## write what follows from the families: signatures, JSON Schema, pictures, index
	$(RUN) -m docs.schedules.generate

bench: bench-pipeline ## measure the pipeline against TFX's own components

bench-%: .venv/ready
	$(RUN) -m benchmarks.$*

# What the package names; give your own: make kubeflow IMAGE=registry/name:tag PIPELINE_ROOT=s3://bucket/path
IMAGE := reactive-schedules:latest
PIPELINE_ROOT := minio://mlpipeline/v2/artifacts

kubeflow: .venv/ready ## compile the digits example for Kubeflow Pipelines
	$(RUN) kubeflow_runner.py compile --image $(IMAGE) --pipeline-root $(PIPELINE_ROOT) -o workspace/kubeflow/digits.yaml

# A folder with train and test, each with a folder of images for every class.
IMAGES :=

cifar10: .venv/ready ## train a small VGG16 on CIFAR-10 through the pipeline: make cifar10 IMAGES=FOLDER
	@[ -n "$(IMAGES)" ] || { echo "skipped: needs the images: make cifar10 IMAGES=FOLDER"; exit 77; }
	$(RUN) local_runner.py --config examples/cifar10.yaml --data "$(IMAGES)" --label label --no-tune

kill-test: .venv/ready ## kill 60 trainings and a search 20 times, and compare with what was left alone
	$(RUN) -m pytest tests/kill --kills 20

tuner-test: .venv/ready ## run KerasTuner's guides, its chief and workers, a killed search, and rs.tune on a Dask cluster
	$(RUN) -m pytest tests/reactive_schedules/search/kerastuner/check_guides.py \
		tests/reactive_schedules/search/kerastuner/check_distribution.py \
		tests/reactive_schedules/search/kerastuner/check_kill.py \
		tests/reactive_schedules/search/script/check_cluster.py

fault-test: .venv/ready ## kill runs, damage files, mutate what users write, keep the machine busy; print what survived
	$(RUN) -m tests.faults
	$(RUN) -m pytest tests/faults/check_busy.py

image-test: .venv/ready ## build the container image and run the pipeline in it (root, buildah, debootstrap)
	$(RUN) -m pytest -s tests/image/check_image.py

# A folder with the executables driver and launcher-v2 of Kubeflow Pipelines.
KFP :=

kfp-test: .venv/ready ## run the digits with Kubeflow's own driver and launcher: make kfp-test KFP=FOLDER (root)
	@[ -n "$(KFP)" ] || { echo "skipped: needs Kubeflow's driver and launcher: make kfp-test KFP=FOLDER"; exit 77; }
	$(RUN) -m pytest -s tests/kubeflow/programs/check_programs.py --kfp "$(KFP)"

compat-test: .venv/ready ## test the library with the oldest and the newest Keras, on each Python, and without TensorFlow
	$(RUN) -m tests.compat.run

benchmark-test: .venv/ready ## run the slowest benchmarks with --quick
	$(RUN) -m pytest tests/benchmarks/check_quick.py

torch-test: .venv/ready ## test the library on PyTorch, in an environment of its own (5.5 GB)
	$(RUN) -m tests.pytorch.run

template-test: .venv/ready ## run TFX's taxi template with our Trainer and Tuner
	$(RUN) -m pytest -s tests/template/check_template.py

flink-test: .venv/ready ## run the pipeline on a real Flink, and kill parts of it (Java 17, Maven)
	$(RUN) -m pytest -s tests/engines/check_flink.py

spark-test: .venv/ready ## run the pipeline on a real Spark (Java 17, Maven)
	$(RUN) -m pytest -s tests/engines/check_spark.py

# Debian's servers; where they can be had without asking, they are, as Chromium for the tests of pages.
SERVERS := postgresql mariadb-server-core mariadb-client-core

store-test: .venv/ready ## run the pipeline on a metadata store of a real PostgreSQL and MariaDB (Debian)
	@if ! { ls /usr/lib/postgresql/*/bin/postgres && command -v mariadbd; } >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && grep -qx ID=debian /etc/os-release; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SERVERS); fi
	$(RUN) -m pytest -s tests/store/check_server.py tests/store/check_pipeline.py

s3-test: .venv/ready ## run the digits with a workspace on a server of S3, kill them and cut them off
	$(RUN) -m pytest -s tests/pipeline/remote/check_s3.py

dist: .venv/ready ## build the library's wheel and sdist and check them
	rm -rf dist
	$(RUN) -m hatchling build
	$(RUN) -m twine check --strict dist/*

# Every target is run by CI (.ci/run), or is a check that takes too long or needs too much for that, or is no check.
# benchmarks/curves.py measures nothing: it records what benchmarks/tuning.py replays.
BENCHMARKS := $(filter-out curves,$(basename $(notdir $(wildcard benchmarks/*.py))))
CHECKS := cifar10 kill-test tuner-test fault-test image-test kfp-test compat-test torch-test benchmark-test flink-test spark-test store-test s3-test template-test $(BENCHMARKS:%=bench-%)
NO_CHECKS := help run browser format generate bench kubeflow check-all dist sbom lock requirements.txt requirements-gpu.txt clean

check-all: .venv/ready ## run every check that CI does not, with a line on each at the end (hours)
	@$(RUN) -m tests.checks $(CHECKS)

lock: $(UV) ## resolve the dependencies anew
	$(UV) lock --upgrade --python $(PYTHON)
	$(MAKE) requirements.txt requirements-gpu.txt

requirements.txt: uv.lock $(UV)
	echo '# Install with: pip install --no-deps -r requirements.txt' > $@
	$(UV) export --frozen --no-dev $(PIPELINE) --no-emit-project --no-hashes --no-header --no-annotate >> $@

# What the image for GPUs has instead of tensorflow-cpu; everything else is the same.
requirements-gpu.txt: requirements.txt $(UV)
	echo '# Install beside requirements.txt, without tensorflow-cpu: pip install --no-deps --require-hashes -r requirements-gpu.txt' > $@
	sed -nE 's/^tensorflow-cpu(==[^ ]+).*/tensorflow[and-cuda]\1/p' requirements.txt \
		| $(UV) pip compile --quiet --no-config --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
			--constraints requirements.txt --generate-hashes --no-header --no-annotate - \
		| awk '/^[^ ]/ { kept = /^(nvidia-|tensorflow)/ } kept' >> $@

benchmarks/tabular/requirements.txt: benchmarks/tabular/requirements.in $(UV)
	$(UV) pip compile --quiet --no-config --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
		--no-header --no-annotate $< --output-file $@

sbom: $(UV) ## write sbom.cdx.json, the locked packages of the image as CycloneDX
	$(UV) export --frozen --no-dev $(PIPELINE) --no-emit-project \
		$$(sed 's/^/--no-emit-package=/' pipeline/kubeflow/image/unused.txt) --format cyclonedx1.5 --preview-features sbom-export --quiet --output-file sbom.cdx.json

clean: ## delete the environment and everything runs have made
	rm -rf .venv .tools .compat .rivals .engines dist sbom.cdx.json workspace .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --locked $(PIPELINE) --compile-bytecode --python $(PYTHON)
	@touch $@

.tools/bin/uv:
	@python3 -m venv .tools || { rm -rf .tools; echo 'Cannot make a Python environment. Install python3-venv (Debian: apt-get install python3-venv), or uv.' >&2; exit 2; }
	.tools/bin/pip install --quiet uv

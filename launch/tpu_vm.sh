#!/usr/bin/env bash
# One TPU VM host on Google Cloud (v4-8, v5litepod-8, v6e-8 and smaller), workdir in a
# bucket. The repository is copied there and installed.
#
#   launch/tpu_vm.sh NAME ZONE gs://BUCKET/pg2 pg2_synthetic:paper [--config.KEY=VALUE ...]
set -euo pipefail
name=$1 zone=$2 workdir=$3 config=$4
shift 4
root=$(cd "$(dirname "$0")/.." && pwd)
gcloud compute tpus tpu-vm scp --recurse "$root" "$name:jaxgen" --zone "$zone"
gcloud compute tpus tpu-vm ssh "$name" --zone "$zone" --command "
    cd jaxgen && python3 -m venv ~/venv && ~/venv/bin/pip install --quiet '.[tpu]' gcsfs &&
    ~/venv/bin/python -m jaxgen.train --config '$config' --workdir '$workdir' $*"

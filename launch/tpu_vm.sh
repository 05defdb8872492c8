#!/usr/bin/env bash
# A TPU slice on Google Cloud, of one host (v4-8, v5litepod-8, v6e-8) or a pod of many:
# the same command on every host. The repository is copied there and installed; the
# workdir lies in a bucket.
#
#   launch/tpu_vm.sh NAME ZONE gs://BUCKET/pg2 pg2_synthetic:paper [--config.KEY=VALUE ...]
set -euo pipefail
if [ $# -lt 4 ]; then
    echo "tpu_vm.sh: give NAME ZONE gs://BUCKET/WORKDIR CONFIG" >&2
    exit 2
fi
name=$1 zone=$2 workdir=$3 config=$4
shift 4
root=$(cd "$(dirname "$0")/.." && pwd)
everywhere=(--worker=all --zone "$zone")
gcloud compute tpus tpu-vm scp --recurse "$root" "$name:jaxgen" "${everywhere[@]}"
gcloud compute tpus tpu-vm ssh "$name" "${everywhere[@]}" --command "
    cd jaxgen && python3 -m venv ~/venv && ~/venv/bin/pip install --quiet '.[tpu]' gcsfs &&
    ~/venv/bin/python -m jaxgen.train --distributed auto \
        --config '$config' --workdir '$workdir' $*"

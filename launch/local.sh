#!/usr/bin/env bash
# One machine with all its devices: CPU, GPUs, or the chips of one TPU host.
#
#   launch/local.sh pg2_synthetic:small runs/pg2 [--config.KEY=VALUE ...]
#
# The same line again goes on where it stopped.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "local.sh: give a config and a workdir: $0 pg2_synthetic:small runs/pg2" >&2
    exit 2
fi
config=$1 workdir=$2
shift 2
# Large pages for large arrays: a tenth less time per step on a CPU with glibc.
export GLIBC_TUNABLES="${GLIBC_TUNABLES:-glibc.malloc.hugetlb=1}"
exec python -m jaxgen.train --config "$config" --workdir "$workdir" "$@"

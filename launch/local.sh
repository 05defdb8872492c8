#!/usr/bin/env bash
# One machine with all its devices: CPU, GPUs, or the chips of one TPU host.
#
#   launch/local.sh pg2_synthetic:small runs/pg2 [--config.KEY=VALUE ...]
#
# The same line again goes on where it stopped.
set -euo pipefail
config=$1 workdir=$2
shift 2
exec python -m jaxgen.train --config "$config" --workdir "$workdir" "$@"

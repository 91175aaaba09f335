#!/usr/bin/env bash
# Builds TaskPipeline and runs it in the foreground: brokers, API and workers as local processes. Ctrl-C ends everything.
set -euo pipefail
cd "$(dirname "$0")"
source eng/prepare.sh
build_product
exec artifacts/bin/TaskPipeline.AppHost/release/TaskPipeline.AppHost "$@"

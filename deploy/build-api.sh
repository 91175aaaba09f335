#!/usr/bin/env bash
# Publishes the API. Usage: deploy/build-api.sh OUTPUT. As an image: dotnet publish TaskPipeline.Api -t:PublishContainer.
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:?Usage: deploy/build-api.sh OUTPUT}
dotnet publish TaskPipeline.Api --configuration Release --output "$output" --nologo -v quiet

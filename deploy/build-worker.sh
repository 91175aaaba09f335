#!/usr/bin/env bash
# Publishes the worker with everything native, built on this machine for this machine: the commands of the image's build.
# Usage: deploy/build-worker.sh OUTPUT. The variable WITH_FAULTS=true adds the algorithms that misbehave.
#
#   OUTPUT/TaskPipeline.Algorithm.dll         the worker
#   OUTPUT/native/TaskPipeline.NativeHost     the host, compiled ahead of time
#   OUTPUT/native/bin/tp-guard                the guard
#   OUTPUT/native/lib/*.so                    the algorithms; add yours here
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:?Usage: deploy/build-worker.sh OUTPUT}
mkdir -p "$output"
output=$(cd "$output" && pwd)

case $(uname -m) in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *) echo "error: there is no host for $(uname -m)" >&2; exit 1 ;;
esac

# The worker's build brings the native libraries and the guard along (eng/Native.targets).
dotnet publish TaskPipeline.Algorithm --configuration Release --output "$output" --nologo -v quiet
dotnet publish TaskPipeline.NativeHost --configuration Release --runtime "$rid" --output "$output/native" --nologo -v quiet
rm -f "$output"/native/*.dbg "$output"/native/*.xml "$output"/native/*.pdb
mkdir -p "$output/native/bin" "$output/native/lib"
cp artifacts/native/release/bin/tp-guard "$output/native/bin/"
cp artifacts/native/release/lib/*.so "$output/native/lib/"
if [[ ${WITH_FAULTS:-false} == true ]]; then
  mkdir -p "$output/native/faults"
  cp artifacts/native/release/faults/*.so "$output/native/faults/"
fi

# Readable by whoever the image runs as, writable by nobody.
chmod -R a+rX,go-w "$output"

#!/usr/bin/env bash
# Builds everything and runs every test: native (CTest), then .NET. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")"
source eng/prepare.sh
export UseAspire=false
build_product
dotnet build TaskPipeline.sln -c Release --nologo -v quiet

results=artifacts/test-results
rm -rf "$results"
mkdir -p "$results"
passed=0
failed=0

# A run that cannot be counted counts as one failure, so that it can never look green.
native_line=$(native/run-tests.sh release 2>&1 | tee /dev/stderr | tail -n 1) || true
if [[ $native_line =~ ^native:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
  passed=$((passed + BASH_REMATCH[1]))
  failed=$((failed + BASH_REMATCH[2]))
else
  failed=$((failed + 1))
fi

# One project after the other: each starts servers of its own, and a machine may have two cores.
for project in tests/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  dotnet test "$project" -c Release --no-build --nologo --logger "trx;LogFileName=$name.trx" --results-directory "$results" || true
  counters=$(grep -o '<Counters [^>]*' "$results/$name.trx" || true)
  if [[ $counters =~ passed=\"([0-9]+)\"\ failed=\"([0-9]+)\" ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
  else
    failed=$((failed + 1))
  fi
done

echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]

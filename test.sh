#!/usr/bin/env bash
# Builds everything and runs every test: native (CTest), then .NET. The last line is "N passed, N failed".
# A whole run is bounded: a project that takes longer than TEST_PROJECT_LIMIT seconds (900) is ended and counts as failed.
set -euo pipefail
cd "$(dirname "$0")"
source eng/prepare.sh
build_product
dotnet build TaskPipeline.sln -c Release --nologo -v quiet

limit=${TEST_PROJECT_LIMIT:-900}
results=$PWD/artifacts/test-results
rm -rf "$results"
mkdir -p "$results"
passed=0
failed=0
ends=()

count() {
  passed=$((passed + $2))
  failed=$((failed + $3))
  ends+=("$(printf '%-36s %4d passed, %d failed, %4d s%s' "$1" "$2" "$3" "$4" "${5:+ ($5)}")")
}

# What cannot be counted counts as one failure, so that a run can never look green by ending early.
run_native() {
  local begun=$SECONDS line
  line=$(timeout -k 10 "$limit" native/run-tests.sh 2>&1 | tee /dev/stderr | tail -n 1) || true
  if [[ $line =~ ^native:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    count native "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" $((SECONDS - begun))
  else
    count native 0 1 $((SECONDS - begun)) "no counts"
  fi
}

run_project() {
  local project=$1 begun=$SECONDS name code=0 counters good=0 bad=0 note=
  name=$(basename "$project" .csproj)
  # timeout ends the whole group, the test host included; what that has started ends with it.
  timeout -k 10 "$limit" dotnet test "$project" -c Release --no-build --nologo \
    --logger "trx;LogFileName=$name.trx" --results-directory "$results" || code=$?
  counters=$(grep -o '<Counters [^>]*' "$results/$name.trx" 2>/dev/null || true)
  if [[ $counters =~ passed=\"([0-9]+)\"\ failed=\"([0-9]+)\" ]]; then
    good=${BASH_REMATCH[1]}
    bad=${BASH_REMATCH[2]}
  else
    note="no counts"
  fi

  # A test host that died, or a project that was ended, may leave a file that tells of the tests before.
  if [[ $code -ne 0 && $bad -eq 0 ]]; then
    bad=1
    note="${note:+$note, }ended with $code"
  elif [[ $((good + bad)) -eq 0 ]]; then
    bad=1
    note="${note:-no tests}"
  fi

  count "$name" "$good" "$bad" $((SECONDS - begun)) "$note"
}

run_native
# One project after the other: each starts servers of its own, and a machine may have two cores.
for project in tests/*.Tests/*.csproj; do
  run_project "$project"
done

printf '%s\n' "" "${ends[@]}"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]

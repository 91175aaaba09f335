#!/usr/bin/env bash
# Builds everything and runs every test: native (CTest), then .NET. The last line is "N passed, N failed".
# A whole run is bounded: a project that takes longer than TEST_PROJECT_LIMIT seconds (900) is ended and counts as failed.
# TEST_PROJECTS_AT_ONCE projects run at the same time: as many as there are processors if it is not given.
set -euo pipefail
cd "$(dirname "$0")"
source eng/prepare.sh
build_product
dotnet build TaskPipeline.sln -c Release --nologo -v quiet

# Tests start many processes that live for seconds: compiling again by what was measured takes a fifth of the time and never pays.
export DOTNET_TieredPGO=0

# A .NET process that is killed would leave the sockets of its diagnostics in the temporary folder.
export DOTNET_EnableDiagnostics=0

limit=${TEST_PROJECT_LIMIT:-900}
at_once=${TEST_PROJECTS_AT_ONCE:-$(nproc)}
results=$PWD/artifacts/test-results
rm -rf "$results"
mkdir -p "$results/logs"

# Where tests of the whole application leave what its processes said.
export TASKPIPELINE_TEST_LOGS=$results/logs

# Writes what is counted of one project: its name, passed, failed, seconds, and a note.
# What cannot be counted counts as one failure, so that a run can never look green by ending early.
count() {
  printf '%s\t%d\t%d\t%d\t%s\n' "$@" >"$results/$1.count"
}

run_native() {
  local begun=$SECONDS line
  timeout -k 10 "$limit" native/run-tests.sh || true
  line=$(tail -n 1 "$results/native.log")
  if [[ $line =~ ^native:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    count native "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" $((SECONDS - begun)) ""
  else
    count native 0 1 $((SECONDS - begun)) "no counts"
  fi
}

run_dotnet() {
  local name=$1 begun=$SECONDS code=0 counters good=0 bad=0 note=
  # timeout ends the whole group, the test host included; what that has started ends with it.
  timeout -k 10 "$limit" dotnet test "artifacts/bin/$name/release/$name.dll" --nologo \
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

# What a project prints appears in one piece, when it has ended.
run_project() {
  local log=$results/$1.log
  if [[ $1 == native ]]; then run_native; else run_dotnet "$1"; fi >"$log" 2>&1 || true
  cat "$log"
}

# Each project starts servers of its own on free ports and spends half its time waiting, so several run at once. The longest
# are started first, or the last one would run alone; a project that is not named here comes after them.
longest_first=(Integration EndToEnd Deployment Chaos CrashPoints Algorithm AppHost NativeHost)
projects=("${longest_first[@]/#/TaskPipeline.}")
projects=("${projects[@]/%/.Tests}" native)
for project in tests/*.Tests/; do
  project=$(basename "$project")
  [[ " ${projects[*]} " == *" $project "* ]] || projects+=("$project")
done

# timeout leads a process group of its own, which an interrupt of this script does not reach.
end_projects() {
  local job
  for job in $(jobs -p); do pkill -TERM -P "$job" || true; done
  exit 130
}
trap end_projects INT TERM

running=0
for project in "${projects[@]}"; do
  if [[ $running -ge $at_once ]]; then
    wait -n || true
    running=$((running - 1))
  fi
  run_project "$project" &
  running=$((running + 1))
done
wait

passed=0
failed=0
echo
for project in "${projects[@]}"; do
  [[ -e $results/$project.count ]] || count "$project" 0 1 0 "not run"
  IFS=$'\t' read -r name good bad seconds note <"$results/$project.count"
  passed=$((passed + good))
  failed=$((failed + bad))
  printf '%-36s %4d passed, %d failed, %4d s%s\n' "$name" "$good" "$bad" "$seconds" "${note:+ ($note)}"
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]

#!/usr/bin/env bash
# Builds and runs the native tests for each preset given (default: release asan-ubsan tsan).
# The last line is "native: N passed, N failed", summed over the presets; the exit code is 1 when anything failed.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")"
presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(release asan-ubsan tsan)

passed=0
failed=0
for preset in "${presets[@]}"; do
  log="$(mktemp)"
  if ! { cmake --preset "$preset" && cmake --build --preset "$preset" --parallel; } >"$log" 2>&1; then
    cat "$log"
    rm -f "$log"
    echo "native $preset: could not be built"
    failed=$((failed + 1))
    continue
  fi
  # The thread sanitizer of GCC 12 cannot map its shadow memory on kernels with large address randomisation.
  run=()
  if [ "$preset" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null; then
    run=(setarch "$(uname -m)" -R)
  fi
  "${run[@]}" ctest --preset "$preset" --no-tests=error >"$log" 2>&1
  preset_passed="$(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$log")"
  preset_failed="$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*' "$log")"
  if [ "$preset_failed" -gt 0 ] || [ "$preset_passed" -eq 0 ]; then
    cat "$log"
    [ "$preset_failed" -gt 0 ] || preset_failed=1
  fi
  rm -f "$log"
  echo "native $preset: $preset_passed passed, $preset_failed failed"
  passed=$((passed + preset_passed))
  failed=$((failed + preset_failed))
done
echo "native: $passed passed, $failed failed"
[ "$failed" -eq 0 ]

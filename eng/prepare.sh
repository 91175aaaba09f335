# Sourced by run.sh and test.sh: installs what a fresh Debian machine lacks, builds what a run consists of.

# Local processes, not containers; and no build server that would outlive the command.
export UseAspire=false MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0 DOTNET_CLI_TELEMETRY_OPTOUT=1

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

install_missing() {
  local packages=()
  [[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || packages+=(rabbitmq-server)
  command -v redis-server >/dev/null || packages+=(redis-server)
  command -v cmake >/dev/null || packages+=(cmake)
  command -v make >/dev/null || packages+=(make)
  command -v gcc >/dev/null || packages+=(gcc libc6-dev)
  command -v g++ >/dev/null || packages+=(g++)
  command -v clang >/dev/null || command -v gcc >/dev/null || packages+=(gcc)
  [[ -e /usr/include/zlib.h ]] || packages+=(zlib1g-dev) # the ahead-of-time compiler links it
  [[ ${#packages[@]} -gt 0 ]] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "error: please install: ${packages[*]}" >&2
    exit 1
  fi

  echo "installing: ${packages[*]}"
  # The packages would start servers of their own; a policy that says no keeps them from it and is taken back afterwards.
  local policy=/usr/sbin/policy-rc.d made=false
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    made=true
  fi
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  [[ $made == false ]] || as_root rm -f "$policy"
}

build_product() {
  install_missing
  if ! command -v dotnet >/dev/null; then
    echo "error: the .NET SDK 10.0 is missing: see https://dotnet.microsoft.com/download" >&2
    exit 1
  fi

  dotnet build TaskPipeline.AppHost -c Release --nologo -v quiet
  publish_host
}

# The host compiled ahead of time: 3 MB instead of 25 resident, and it starts in 2 ms. Only when its source is newer.
publish_host() {
  local rid
  case $(uname -m) in
    x86_64) rid=linux-x64 ;;
    aarch64) rid=linux-arm64 ;;
    *) return 0 ;;
  esac
  local host=artifacts/publish/TaskPipeline.NativeHost/release_$rid/TaskPipeline.NativeHost
  if [[ ! -x $host || -n $(find TaskPipeline.NativeHost Directory.Build.props Directory.Packages.props -newer "$host" -type f | head -n 1) ]]; then
    dotnet publish TaskPipeline.NativeHost -c Release -r "$rid" --nologo -v quiet
    touch "$host"
  fi
}

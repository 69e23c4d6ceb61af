#!/usr/bin/env bash
# The one script of this repository: ./do help
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1

BIN=artifacts/bin
RUNTIME_PACKAGES="libtorch1.13 libopenblas0-openmp libicu72 libturbojpeg0 bubblewrap"
BUILD_PACKAGES="libtorch-dev libgloo-dev g++"
TEST_PACKAGES="tmux python3 procps util-linux mount strace minisign"
FLAGS="-c Release -nologo -v quiet --disable-build-servers -nodeReuse:false"

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Installs Debian packages that are missing; without root, says the one command to run.
need_packages() {
  local missing=() p
  for p in "$@"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing+=("$p")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  [ "$(id -u)" = 0 ] || die "Missing packages. Run: sudo apt-get install --no-install-recommends ${missing[*]}"
  say "Installing ${missing[*]} (about a minute, once) ..."
  local log; log=$(mktemp)
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 \
    || { tail -5 "$log" >&2; die "apt-get failed; the lines above say why."; }
  rm -f "$log"
}

need_tools() {
  command -v dotnet >/dev/null || die "The .NET SDK 10 is missing. Install it (package dotnet-sdk-10.0), then run ./do again."
  # With LIBTORCH_HOME set, libtorch comes from there and only a compiler is needed.
  # shellcheck disable=SC2086
  if [ -n "${LIBTORCH_HOME:-}" ]; then need_packages g++ libicu72 libturbojpeg0 bubblewrap; else need_packages $RUNTIME_PACKAGES $BUILD_PACKAGES; fi
}

# A stamp of everything that a build reads: when nothing changed, nothing is built.
stamp() {
  { find sdk host plugins "$@" -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.sql' -o -name '*.cpp' -o -name '*.yaml' \) -printf '%p %T@ %s\n'
    ls -l --time-style=full-iso Directory.* global.json BannedSymbols.txt .editorconfig; echo "${LIBTORCH_HOME:-}"; } | sort | sha256sum | cut -d' ' -f1
}

build() {
  need_tools
  local now; now=$(stamp)
  [ -x $BIN/appliance ] && [ "$(cat artifacts/build.stamp 2>/dev/null)" = "$now" ] && return 0
  say "Building (about a minute the first time) ..."
  # shellcheck disable=SC2086
  dotnet build Appliance.slnf $FLAGS >artifacts-build.log 2>&1 || { grep -E 'error|warning' artifacts-build.log | sort -u | head -20 >&2 || tail -20 artifacts-build.log >&2; rm -f artifacts-build.log; die "The build failed."; }
  rm -f artifacts-build.log
  collect
  echo "$now" >artifacts/build.stamp
}

# The four programs and the plugins in one folder, ready to start from there.
collect() {
  mkdir -p $BIN/plugins
  local p
  for p in Worker Service Cli Verifier; do cp -ru artifacts/build/Appliance.$p/Release/net10.0/. $BIN/; done
  for p in plugins/*/; do
    p=$(basename "$p")
    mkdir -p "$BIN/plugins/${p,,}"
    cp -ru "artifacts/build/$p/Release/net10.0/." "$BIN/plugins/${p,,}/"
  done
}

# The SDK as packages, for plugins that are made elsewhere.
pack() {
  build
  local p
  rm -rf artifacts/packages
  for p in Sdk Torch Models Training Sdk.Testing; do
    # shellcheck disable=SC2086
    dotnet pack "sdk/Appliance.$p" $FLAGS --no-build -o artifacts/packages >artifacts-build.log 2>&1 || { tail -5 artifacts-build.log >&2; die "Packing Appliance.$p failed."; }
  done
  rm -f artifacts-build.log
  say "The packages are in artifacts/packages."
}

# The auditor's tool as one file that brings its runtime along: for a PC on which nothing of this is installed.
verifier() {
  need_tools
  local kind out=artifacts/verifier
  rm -rf $out artifacts/verifier-build; mkdir -p artifacts/verifier-build
  for kind in true false; do
    # shellcheck disable=SC2086
    dotnet publish host/Appliance.Verifier $FLAGS -r linux-x64 --self-contained $kind -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true \
      -p:DebugType=none -p:NuGetLockFilePath="$PWD/artifacts/verifier-build/lock.json" -p:RestoreLockedMode=false \
      -p:BaseIntermediateOutputPath="$PWD/artifacts/verifier-build/obj/" -p:BaseOutputPath="$PWD/artifacts/verifier-build/bin/" -o $out/self-contained-$kind >artifacts-build.log 2>&1 \
      || { tail -5 artifacts-build.log >&2; rm -f artifacts-build.log; die "Publishing the verifier failed."; }
  done
  rm -f artifacts-build.log
  mv $out/self-contained-true/appliance-verify $out/appliance-verify
  mv $out/self-contained-false/appliance-verify $out/appliance-verify-needs-dotnet
  rm -r $out/self-contained-*
  ls -l $out
}

wait_ready() { # root, pid
  local k
  for k in $(seq 1 100); do
    [ -S "$1/run/api.sock" ] && $BIN/appliance status --root "$1" >/dev/null 2>&1 && return 0
    [ -d "/proc/$2" ] || return 1
    sleep 0.1
  done
  return 1
}

run() {
  build
  local root=artifacts/run/root out=artifacts/run
  if [ -f "$root/run/host.pid" ]; then kill "$(cat "$root/run/host.pid")" 2>/dev/null || true; fi
  rm -rf "$out"
  mkdir -p "$root/etc" "$root/run"
  cp -r policies "$root/etc/policies"
  $BIN/appliance-host --root "$root" >"$out/host.log" 2>&1 &
  host=$!
  echo $host >"$root/run/host.pid"
  trap 'kill $host 2>/dev/null || true' EXIT
  wait_ready "$root" $host || { cat "$out/host.log" >&2; die "The service did not start."; }
  $BIN/appliance demo run --root "$root" --recipe plugins/Sentiment/recipes/letters.yaml --samples samples --out "$out"
  if [ "${1:-}" = --all ]; then
    $BIN/appliance demo tasks --root "$root" --samples samples --plugins plugins
    $BIN/appliance audit checkpoint --root "$root" >"$out/checkpoint.note" # the log grew since the main job took one
  fi
  $BIN/appliance-verify "$root/var/audit/audit.db" --public-key "$out/audit.pub" --checkpoint "$out/checkpoint.note" >"$out/audit.txt" || true
  kill $host; wait $host || true
  rm -f "$root/run/host.pid"
  trap - EXIT
  $BIN/appliance demo report --root "$root" --out "$out"
}

test_all() {
  build
  # shellcheck disable=SC2086
  need_packages $TEST_PACKAGES
  local now results=artifacts/test-results
  now=$(stamp tests)
  if [ "$(cat artifacts/test.stamp 2>/dev/null)" != "$now" ]; then
    say "Building the tests ..."
    # shellcheck disable=SC2086
    dotnet build Appliance.sln $FLAGS >artifacts-build.log 2>&1 || { grep -E 'error' artifacts-build.log | sort -u | head -20 >&2; rm -f artifacts-build.log; die "The build of the tests failed."; }
    rm -f artifacts-build.log
    collect
    echo "$now" >artifacts/test.stamp
  fi
  rm -rf $results; mkdir -p $results
  local filter=() project name failed=0
  if [ "${1:-}" = --filter ]; then filter=(--filter "FullyQualifiedName~${2:?a name after --filter}"); fi
  for project in tests/Appliance.*.Tests; do
    name=$(basename "$project")
    say "Testing $name ..."
    dotnet test "$project" -c Release --no-build --nologo -v quiet --disable-build-servers -nodeReuse:false "${filter[@]}" \
      --logger "console;verbosity=normal" --logger "trx;LogFileName=$name.trx" --results-directory $results --blame-hang-timeout 5m >"$results/$name.log" 2>&1 || failed=1
    grep -A3 -E '^\s+Failed |Error Message' "$results/$name.log" | head -60 >&2 || true
  done
  count "$results" $failed
}

# The last line comes from the result files, not from what the runner printed.
count() {
  local passed=0 failed=0 skipped=0 total executed line
  for file in "$1"/*.trx; do
    [ -f "$file" ] || continue
    line=$(grep -o '<Counters [^>]*>' "$file")
    total=$(sed 's/.* total="\([0-9]*\)".*/\1/' <<<"$line"); executed=$(sed 's/.* executed="\([0-9]*\)".*/\1/' <<<"$line")
    passed=$((passed + $(sed 's/.* passed="\([0-9]*\)".*/\1/' <<<"$line"))); failed=$((failed + executed - $(sed 's/.* passed="\([0-9]*\)".*/\1/' <<<"$line")))
    skipped=$((skipped + total - executed))
  done
  if [ "$2" != 0 ] && [ $failed = 0 ]; then failed=1; say "A test project ended without its results; see $1/*.log"; fi
  if [ $skipped -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
  [ $failed = 0 ] && [ $passed -gt 0 ]
}

check() {
  build
  say "Checking format and architecture ..."
  dotnet format whitespace --folder --verify-no-changes --exclude artifacts samples >&2 || die "Run: dotnet format whitespace --folder --exclude artifacts samples"
  # shellcheck disable=SC2086
  dotnet build tests/Appliance.Architecture.Tests $FLAGS >&2 || die "The architecture tests do not build."
  dotnet test tests/Appliance.Architecture.Tests -c Release --no-build --nologo -v quiet --disable-build-servers -nodeReuse:false >&2 || die "An architecture rule is broken; its message says the cure."
  $BIN/appliance policy test policies
}

case "${1:-help}" in
  build) build; say "The programs are in $BIN." ;;
  run) shift; run "$@" ;;
  test) shift; test_all "$@" ;;
  check) check ;;
  bench) build; shift; bench/run "$@" ;;
  golden) shift; UPDATE_GOLDEN=1 test_all "$@" ;;
  train-tagger) build; dotnet build bench/Appliance.Bench $FLAGS >/dev/null; artifacts/build/Appliance.Bench/Release/net10.0/Appliance.Bench tagger host/Appliance.Domain/Privacy/Tables/tagger.bin ;;
  train-clusters) build; dotnet build bench/Appliance.Bench $FLAGS >/dev/null; artifacts/build/Appliance.Bench/Release/net10.0/Appliance.Bench clusters "${2:?a folder with it-*.txt.gz and en-*.txt.gz}" host/Appliance.Domain/Privacy/Tables/clusters.txt ;;
  pack) pack ;;
  verifier) verifier ;;
  new-plugin) shift; scripts/new-plugin "${1:?a name, such as Summaries}" ;;
  install|uninstall) build; systemd/"$1" ;;
  clean) rm -rf artifacts; say "Clean." ;;
  *) cat <<'HELP'
./do run [--all]       see the whole appliance work on sample letters (installs what is missing, builds); all five tasks
./do test [--filter N] all tests, or those whose name holds N
./do build             the four programs, in artifacts/bin
./do check             format, analyzers, architecture, policies: about a minute
./do bench             measure speed and accuracy; the README's tables come from here
./do golden            write the golden files anew; review them like code
./do train-tagger      the model that finds names, from its texts to its file: a minute, the same bytes each time
./do train-clusters D  the classes of words that it sees, from running text in a folder: three minutes
./do pack              the SDK's packages, in artifacts/packages, for plugins that are made elsewhere
./do verifier          the auditor's tool as one file, with and without its runtime, in artifacts/verifier
./do new-plugin NAME   a new plugin in plugins/NAME, ready to build
./do install           put the service on this machine (root); ./do uninstall takes it off again
./do clean             throw away everything that was built
HELP
  ;;
esac

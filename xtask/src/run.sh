#!/usr/bin/env bash
# Runs the packed binaries: run.sh [test|bench] [PACKAGE/NAME...] [-- ARGUMENT...]
# Tests find their data through CARGO_MANIFEST_DIR, which cargo would have set.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PATH="$here/bin:$PATH" TILEWRIGHT_BIN="$here/bin/tilewright" NODEVICE_SELECT=1

folder=tests
case "${1:-}" in
    test) shift ;;
    bench) folder=benches; shift ;;
esac
wanted=()
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
    wanted+=("$1")
    shift
done
[ "${1:-}" = "--" ] && shift
if [ ${#wanted[@]} -eq 0 ]; then
    mapfile -t wanted < <(cd "$here/$folder" 2>/dev/null && find . -type f | sed 's|^\./||' | sort)
fi
[ "$folder" = benches ] && set -- --bench "$@"

failed=()
for name in "${wanted[@]}"; do
    package=${name%%/*}
    echo "==> $name"
    export CARGO_MANIFEST_DIR="$here/packages/$package"
    (cd "$CARGO_MANIFEST_DIR" && "$here/$folder/$name" "$@") || failed+=("$name")
done
echo "${#wanted[@]} binaries run, ${#failed[@]} failed: ${failed[*]:-none}"
[ ${#failed[@]} -eq 0 ]

#!/usr/bin/env bash
# Long and random work against the service: each part with a bound of its own and figures at its end.
# shellcheck disable=SC2317  # functions are called by traps and by name
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: tests/campaign.sh PART AMOUNT [PART AMOUNT ...]
       tests/campaign.sh slice
       tests/campaign.sh --help

  documents EXAMPLES   schemathesis, so many examples for each root field, asked by the public and
                       by two accounts (needs python3 with venv; installs into a throw-away folder)
  hostile REQUESTS     requests that break rules of HTTP, JSON or GraphQL, or ask for too much
  hang-ups SECONDS     clients that go away at any moment; then every invariant is checked
  slow SECONDS         $SLOW_CLIENTS clients (or 200) that send and take bytes slowly, beside others that
                       do not
  timing PAIRS         whether time tells a hidden row from one that is not there
  questions COUNT      so many random questions to random data on each database, compared with a plain reader
  races ROUNDS         so many rounds of everybody against everybody for the last place of a course, and of two
                       organisations for one person, on each database
  redis ROUNDS         the whole suite with Redis absent, frozen, flushed and poisoned
  fuzz SECONDS         libFuzzer on the guard and the repair (needs cargo-fuzz)
  plants WORD          tests/plants.sh: whether the suite notices the planted defects with this word in
                       their names, or `all`
  slice                a short piece of what needs no servers, for the gate: at most 90 seconds

The seed is $SEED, or 1: the same seed asks the same. `slice` and the first five parts run against
the debug binary with a demonstration of its own in SQLite. The log stays in the folder that the
last line names. Exits with 1 if a part found something.
USAGE
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
seed=${SEED:-1}
binary=${CARGO_TARGET_DIR:-$root/target}/debug/alongside
logs=''    # kept
scratch='' # thrown away
service='' # process id of the service
url=''
failed=0

say() { printf '# %s\n' "$*"; }

have() { command -v "$1" >/dev/null 2>&1; }

stop_service() {
    if [ -n "$service" ]; then
        kill -TERM "$service" 2>/dev/null || true
        wait "$service" 2>/dev/null || true
        service=''
    fi
}

on_exit() {
    local status=$?
    trap '' INT TERM HUP
    set +e
    stop_service
    if [ -n "$scratch" ]; then rm -rf -- "$scratch"; fi
    if [ -n "$logs" ]; then say "logs: $logs"; fi
    exit "$status"
}

# ready PORT: whether the service there says that it is.
ready() { ALONGSIDE__SERVER__BIND=127.0.0.1:$1 "$binary" healthcheck >/dev/null 2>&1; }

# Starts a demonstration with budgets that a campaign does not use up, and short patience.
start_service() {
    local port attempt
    if [ -n "$service" ]; then return; fi
    (cd "$root" && cargo build --quiet --workspace)
    port=$((20000 + RANDOM % 12000))
    url=http://127.0.0.1:$port
    (
        cd "$scratch"
        exec env RUST_LOG=warn \
            ALONGSIDE__BUDGET__REQUESTS_PER_SECOND=100000 ALONGSIDE__BUDGET__REQUEST_BURST=1000000 \
            ALONGSIDE__BUDGET__COST_PER_SECOND=1000000 ALONGSIDE__BUDGET__COST_BURST=100000000 \
            ALONGSIDE__SERVER__HEADER_TIMEOUT_MS=2000 ALONGSIDE__SERVER__BODY_TIMEOUT_MS=2000 \
            ALONGSIDE__SERVER__WRITE_TIMEOUT_MS=2000 \
            "$binary" demo --port "$port" --database "sqlite://$scratch/campaign.sqlite" \
            --tokens "$scratch/tokens.json"
    ) >"$logs/service.log" 2>&1 </dev/null &
    service=$!
    for attempt in {1..300}; do
        if [ -f "$scratch/tokens.json" ] && ready "$port"; then
            say "the service listens at $url after $attempt looks"
            return
        fi
        if ! kill -0 "$service" 2>/dev/null; then break; fi
        sleep 0.2
    done
    cat "$logs/service.log"
    say 'error: the service did not start (its log is above)'
    exit 1
}

# What must hold of the service after each part.
check_service() {
    if ! kill -0 "$service" 2>/dev/null; then
        say "FAILED: the service is gone"
        failed=1
    fi
    if grep -n -i -e panick -e 'internal fault' "$logs/service.log" >"$logs/panics"; then
        say "FAILED: the service panicked: $(head -n 1 "$logs/panics")"
        failed=1
    fi
}

# resident: the memory of the service in KiB, where the system tells it.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$service/status" 2>/dev/null || echo unknown; }

token() { node -p "JSON.parse(require('fs').readFileSync('$scratch/tokens.json', 'utf8')).$1"; }

# --- parts -----------------------------------------------------------------------------------

install_schemathesis() {
    if [ -x "$scratch/venv/bin/schemathesis" ]; then return; fi
    python3 -m venv "$scratch/venv" >"$logs/venv.log" 2>&1 &&
        "$scratch/venv/bin/pip" install --quiet --disable-pip-version-check \
            schemathesis==4.32.5 >>"$logs/venv.log" 2>&1
}

documents() {
    local who before status header
    if ! have python3 || ! install_schemathesis; then
        say 'documents: skipped, python3 with venv and schemathesis are not there'
        return
    fi
    start_service
    before=$(resident)
    for who in public PCO PSG; do
        header=()
        if [ "$who" != public ]; then header=(--header "Authorization: Bearer $(token "$who")"); fi
        status=0
        (cd "$scratch" && venv/bin/schemathesis --no-color run "$url/graphql" --max-examples "$1" \
            --seed "$seed" --checks not_a_server_error --no-shrink --generation-database none \
            --suppress-health-check all "${header[@]}") >"$logs/documents-$who.log" 2>&1 || status=$?
        say "documents: $who: $(grep -E -i 'generated|requests' "$logs/documents-$who.log" | tail -n 1 || true)"
        if [ "$status" -ne 0 ]; then
            say "FAILED: documents: $who: schemathesis ended with $status"
            failed=1
        fi
    done
    say "documents: resident $before -> $(resident) KiB"
}

# clients MODE UNIT AMOUNT
clients() {
    start_service
    node "$root/tests/campaign/hostile.mjs" "$1" --url "$url" --pid "$service" --seed "$seed" \
        --tokens "$scratch/tokens.json" "--$2" "$3" --beside "${SLOW_CLIENTS:-200}" 2>&1 | tee "$logs/$1.log" || failed=1
}

timing() {
    start_service
    if ! node "$root/tests/campaign/timing.mjs" --url "$url" --tokens "$scratch/tokens.json" --pairs "$1" 2>&1 |
        tee "$logs/timing.log"; then
        say 'FAILED: timing'
        failed=1
    fi
}

verify() {
    stop_service
    local verdict="$logs/verify.log"
    if DATABASE_URL="sqlite://$scratch/campaign.sqlite" "$binary" verify >"$verdict" 2>&1; then
        say "verify: every invariant holds"
    else
        tail -n 5 "$verdict"
        say 'FAILED: verify'
        failed=1
    fi
    rm -f "$scratch"/campaign.sqlite* "$scratch/tokens.json"
}

questions() {
    if ! QUESTIONS=$1 SEED=$seed "$root/tests/run.sh" differential >"$logs/questions.log" 2>&1; then
        grep -A 4 'panicked at' "$logs/questions.log" | head -n 20
        say 'FAILED: questions'
        failed=1
    fi
    say "questions: $(tail -n 1 "$logs/questions.log")"
}

races() {
    if ! ROUNDS=$1 "$root/tests/run.sh" -- the_last_place of_two_organisations_at_once >"$logs/races.log" 2>&1; then
        grep -A 4 'panicked at' "$logs/races.log" | head -n 20
        say 'FAILED: races'
        failed=1
    fi
    say "races: $(tail -n 1 "$logs/races.log")"
}

redis() {
    local round state
    for ((round = 1; round <= $1; round++)); do
        for state in absent frozen flushed poisoned; do
            if ! "$root/tests/run.sh" --redis "$state" >"$logs/redis-$state-$round.log" 2>&1; then
                failed=1
            fi
            say "redis $state: $(tail -n 1 "$logs/redis-$state-$round.log")"
        done
    done
}

fuzz() {
    local options=()
    if ! have cargo-fuzz; then
        say 'fuzz: skipped, cargo-fuzz is not installed'
        return
    fi
    # The sanitizer needs a nightly compiler; the coverage that guides the search does not.
    if ! rustc --version | grep -q nightly; then
        export RUSTC_BOOTSTRAP=1
        options=(--sanitizer none)
    fi
    mkdir -p "$scratch/corpus"
    if (cd "$root/tests" && cargo fuzz run "${options[@]}" guard "$scratch/corpus" fuzz/corpus/guard -- \
        -max_total_time="$1" -seed="$seed" -max_len=4096 -timeout=10 -print_final_stats=1) \
        >"$logs/fuzz.log" 2>&1; then
        say "fuzz: $(grep -E 'number_of_executed_units|new_units_added|peak_rss' "$logs/fuzz.log" | tr -s ' \n' ' ')"
    else
        tail -n 5 "$logs/fuzz.log"
        say 'FAILED: fuzz'
        failed=1
    fi
}

plants() {
    if [ ! -x "$root/tests/plants.sh" ]; then
        say 'plants: skipped, there is no tests/plants.sh'
        return
    fi
    "$root/tests/plants.sh" "${1/#all/}" 2>&1 | tee "$logs/plants.log" || failed=1
}

part() {
    say "$1 $2 (seed $seed)"
    case $1 in
    documents) documents "$2" && check_if_running ;;
    hostile) clients hostile requests "$2" && check_if_running ;;
    hang-ups) clients hang-ups seconds "$2" && check_if_running && verify ;;
    slow) clients slow seconds "$2" && check_if_running ;;
    timing) timing "$2" ;;
    questions) questions "$2" ;;
    races) races "$2" ;;
    redis) redis "$2" ;;
    fuzz) fuzz "$2" ;;
    plants) plants "$2" ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
}

check_if_running() { if [ -n "$service" ]; then check_service; fi; }

main() {
    case ${1-} in
    '' | -h | --help)
        usage
        exit 0
        ;;
    slice) set -- documents 2 hostile 2000 slow 4 hang-ups 4 ;;
    esac
    if [ $(($# % 2)) -ne 0 ]; then
        usage >&2
        exit 2
    fi
    trap on_exit EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    logs=$(mktemp -d "${TMPDIR:-/tmp}/alongside-campaign.XXXXXX")
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/alongside-scratch.XXXXXX")
    while [ $# -gt 0 ]; do
        part "$1" "$2"
        shift 2
    done
    if [ "$failed" -ne 0 ]; then
        say 'the campaign found something'
        exit 1
    fi
    say 'the campaign found nothing'
    exit 0
}

main "$@"

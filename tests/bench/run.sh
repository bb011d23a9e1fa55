#!/usr/bin/env bash
# How fast the service is, against what others would build on the same database, in one run.
# shellcheck disable=SC2317  # functions are called by traps
set -euo pipefail

# shellcheck source=tests/run.sh
source "$(dirname "${BASH_SOURCE[0]}")/../run.sh"

usage() {
    cat <<'USAGE'
usage: tests/bench/run.sh [OPTION ...]
       tests/bench/run.sh --help

Fills a throw-away PostgreSQL, starts every target on it, compares their answers, and only then
takes the time: targets take turns within each round. Prints medians, spread, processor time,
memory, statements and ratios, and keeps them in tests/bench/results/DATE.json.

  --scale N         size of the database: 1 is 300 organisations, 3,000 trainers, 12,000 courses
                    and 24,000 links between them (default 1; 10 shows growth)
  --rounds N        how often each target has its turn (default 3)
  --seconds N       how long a turn is (default 5)
  --connections N   connections of the load (default 32)
  --questions A,B   only these: q1, q2, q2-relay, q4, q4-pages, entities, filtered, write
  --targets A,B     only these: alongside, alongside-sqlite, json, flat, postgraphile, postgraphile-2, apollo
  --postgres LINE   a line more for postgresql.conf, such as 'work_mem = 64MB'
  --profile         besides, where the service's processor time goes, layer by layer (needs perf)
  --servers         start the database and wait, with the lines that the bench program reads

The targets: the service as it is deployed (profile dist) with every guard on, and the same on a SQLite file with
the same rows; a hand-written axum and sqlx endpoint that builds JSON in SQL (json) or from flat rows
(flat); PostGraphile in one and two processes; Apollo Server with dataloader. All log one line a
request. On PostgreSQL all use the same role, one REPEATABLE READ READ ONLY transaction with the same
settings of row security, ten connections, and no compiled statements (jit).
Needs Rust, a C compiler and Node with npm; PostgreSQL is installed if it is missing.
USAGE
}

bench=$root/tests/bench
target=${CARGO_TARGET_DIR:-$root/target}

# PostgreSQL alone: neither Redis nor a browser takes part.
ensure_postgres() {
    if ! find_postgres; then
        find_package_manager
        say "installing PostgreSQL with $package_manager"
        if ! install_packages true false false >"$folder/install.log" 2>&1; then
            cat "$folder/install.log"
            die "the package manager failed (its output is above)"
        fi
        find_postgres || die "the system's packages hold no PostgreSQL >= $oldest_postgres"
    fi
    if [ -x "$postgres_bin/psql" ]; then PATH=$postgres_bin:$PATH; fi
    if ! have psql || ! have pgbench; then
        die "psql or pgbench is missing: install PostgreSQL's client and contrib packages"
    fi
}

ensure_bench_packages() {
    if [ ! -f "$bench/node_modules/.package-lock.json" ] ||
        [ "$bench/package-lock.json" -nt "$bench/node_modules/.package-lock.json" ]; then
        say "installing the Node packages of tests/bench"
        (cd "$bench" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
        touch "$bench/node_modules/.package-lock.json"
    fi
    node=$(command -v node)
    if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 24 ] && [ -x "$bench/node_modules/.bin/node" ]; then
        node=$bench/node_modules/.bin/node
    fi
}

start_database() {
    postgres_settings="shared_preload_libraries = 'pg_stat_statements'
shared_buffers = '512MB'
autovacuum = off
jit = off
$setting"
    start_postgres
    create_roles
    export_variables
    export BENCH_OWNER=$ALONGSIDE_TEST_POSTGRES_OWNER BENCH_APP=$ALONGSIDE_TEST_POSTGRES_APP
    export BENCH_SUPERUSER=$ALONGSIDE_TEST_POSTGRES_SUPERUSER BENCH_FOLDER=$folder BENCH_NODE=$node
    BENCH_POSTGRES_PID=$(head -n 1 "$folder/data/postmaster.pid")
    export BENCH_POSTGRES_PID
    say "filling the database, at scale $scale"
    DATABASE_URL=$BENCH_OWNER "$target/dist/alongside" migrate up >"$folder/migrate.log" 2>&1 ||
        { cat "$folder/migrate.log" && die "the migrations failed (their log is above)"; }
    "$node" "$bench/issuer.mjs" "$folder"
    psql -X -q -v ON_ERROR_STOP=1 "$BENCH_SUPERUSER" -f "$folder/accounts.sql"
    psql -X -q -v ON_ERROR_STOP=1 -v scale="$scale" "$BENCH_SUPERUSER" -f "$bench/fill.sql"
    psql -X -q "$BENCH_SUPERUSER" -c 'create extension pg_stat_statements'
}

bench_main() {
    local status=0 command="tests/bench/run.sh $*" options=() servers=false
    node=''
    scale=1
    setting=''
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --profile)
            options+=(--profile)
            shift
            ;;
        --servers)
            servers=true
            shift
            ;;
        --postgres)
            setting=${2-}
            shift 2
            ;;
        --scale | --rounds | --seconds | --connections | --questions | --targets)
            if [ $# -lt 2 ]; then
                usage >&2
                exit 2
            fi
            if [ "$1" = --scale ]; then scale=$2; fi
            options+=("$1" "$2")
            shift 2
            ;;
        *)
            usage >&2
            exit 2
            ;;
        esac
    done
    trap on_exit EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    folder=$(mktemp -d "${TMPDIR:-/tmp}/alongside-bench.XXXXXX")
    cd "$root"
    forget_settings
    ensure_build_tools
    ensure_postgres
    ensure_bench_packages
    say "building the service and the benchmark"
    run_job nice -n 19 cargo build --quiet --profile dist --locked -p alongside -p bench
    start_database
    if "$servers"; then
        for name in "${!BENCH_@}"; do printf "export %s='%s'\n" "$name" "${!name}"; done
        say "ready; Ctrl-C stops the database"
        while :; do sleep 1; done
    fi
    mkdir -p "$bench/results"
    run_job "$target/dist/bench" --command "$command" "${options[@]}" || status=$?
    exit "$status"
}

bench_main "$@"

#!/usr/bin/env bash
# Runs the whole test suite against throw-away PostgreSQL and Redis servers of its own.
# shellcheck disable=SC2317  # functions are called by traps and by `run_job`
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: tests/run.sh [--redis STATE] [ARGUMENTS OF cargo test]
       tests/run.sh --servers
       tests/run.sh --help

Runs every test on SQLite and on PostgreSQL. Needs Rust, a C compiler and Node with npm.
PostgreSQL (15 or newer), Redis and Chromium are installed with the system's package manager
when they are missing. Both servers listen on free ports of 127.0.0.1, live in a temporary
folder and are gone afterwards. The browser is the program that CHROMIUM names, if it does.

  tests/run.sh                        the whole suite
  tests/run.sh funding                only the tests with "funding" in their name
  tests/run.sh funding -- --nocapture the same, showing what they print
  tests/run.sh --redis frozen         the whole suite while the Redis that it shares is absent,
                                      frozen (stopped but not ended), flushed (emptied again and
                                      again) or poisoned (budgets overwritten with rubbish)
  tests/run.sh --servers              start the servers, print the variables that the tests
                                      read, and wait until Ctrl-C; `cargo test` then runs in
                                      another shell in which those lines were entered

The last line says `N passed, N failed`. The exit code is that of cargo test.
USAGE
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
oldest_postgres=15

folder=''       # temporary folder: everything the servers write
postgres_bin='' # folder of initdb, pg_ctl and postgres
postgres_port=''
postgres_settings='' # further lines of postgresql.conf
server_user='' # who runs PostgreSQL, which refuses root; empty: whoever runs this script
redis_server=''
redis_cli=''
redis_port=''
redis_pid=''
chromium=${CHROMIUM-} # the browser
redis_state=healthy
tormentor='' # process group of the loop that empties or poisons Redis
package_manager=''
job='' # process group of the cargo command that is running

# A comment for a shell, so that the output of --servers can be read by one.
say() { printf '# %s\n' "$*"; }

die() {
    say "error: $*"
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# --- stopping --------------------------------------------------------------------------------

stop_everything() {
    if [ -n "$job" ]; then
        kill -TERM -- "-$job" 2>/dev/null || true
        wait "$job" 2>/dev/null || true
        job=''
    fi
    if [ -n "$postgres_bin" ] && [ -f "$folder/data/postmaster.pid" ]; then
        as_server_user "$postgres_bin/pg_ctl" -D "$folder/data" -m immediate -w stop \
            >/dev/null 2>&1 || true
    fi
    if [ -n "$tormentor" ]; then
        # Nothing of it has to end in order, so that nobody waits for it.
        kill -KILL -- "-$tormentor" 2>/dev/null || true
        tormentor=''
    fi
    if [ -n "$redis_pid" ]; then
        # A frozen process takes no other signal.
        kill -CONT "$redis_pid" 2>/dev/null || true
        kill -TERM "$redis_pid" 2>/dev/null || true
        wait "$redis_pid" 2>/dev/null || true
        redis_pid=''
    fi
    if [ -n "$folder" ]; then
        rm -rf -- "$folder"
        folder=''
    fi
}

on_exit() {
    local status=$?
    trap '' INT TERM HUP
    set +e
    stop_everything
    exit "$status"
}

# --- finding and installing ------------------------------------------------------------------

# The newest PostgreSQL on this machine that is new enough.
find_postgres() {
    local candidates=() bin version newest=0
    if have initdb; then candidates+=("$(dirname "$(command -v initdb)")"); fi
    if have pg_config; then candidates+=("$(pg_config --bindir)"); fi
    candidates+=(
        /usr/lib/postgresql/*/bin
        /usr/libexec/postgresql*
        /usr/pgsql-*/bin
        /opt/homebrew/opt/postgresql@*/bin
        /usr/local/opt/postgresql@*/bin
    )
    for bin in "${candidates[@]}"; do
        if [ ! -x "$bin/initdb" ] || [ ! -x "$bin/pg_ctl" ] || [ ! -x "$bin/postgres" ]; then
            continue
        fi
        version=$("$bin/initdb" --version | sed -E 's/^[^0-9]*([0-9]+).*$/\1/')
        if [ "$version" -ge "$oldest_postgres" ] && [ "$version" -gt "$newest" ]; then
            newest=$version
            postgres_bin=$bin
        fi
    done
    [ -n "$postgres_bin" ]
}

# Redis, or Valkey where a distribution has that instead.
find_redis() {
    local name
    for name in redis valkey; do
        if have "$name-server" && have "$name-cli"; then
            redis_server=$name-server
            redis_cli=$name-cli
            return 0
        fi
    done
    return 1
}

# The browser that CHROMIUM names; else Chromium or one of its kind.
find_chromium() {
    local candidate
    for candidate in "$chromium" chromium chromium-browser google-chrome \
        '/Applications/Chromium.app/Contents/MacOS/Chromium' \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'; do
        if [ -n "$candidate" ] && have "$candidate"; then
            chromium=$(command -v "$candidate")
            return 0
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        # Without a terminal nobody can type a password: fail at once instead of waiting.
        sudo -n "$@"
    fi
}

find_package_manager() {
    for package_manager in apt-get dnf apk brew; do
        if ! have "$package_manager"; then continue; fi
        if [ "$package_manager" = brew ] || [ "$(id -u)" -eq 0 ] || have sudo; then return 0; fi
        die "installing with $package_manager needs root or sudo: install PostgreSQL >= $oldest_postgres, Redis and Chromium yourself"
    done
    die "no apt-get, dnf, apk or brew here: install PostgreSQL >= $oldest_postgres, Redis and Chromium yourself"
}

# RUNLEVEL and the policy below keep Debian from starting servers and making a cluster of its own.
install_with_apt() {
    local policy=/etc/postgresql-common/createcluster.d/alongside-tests.conf status=0
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update || return
    as_root mkdir -p "$(dirname "$policy")" || return
    echo 'create_main_cluster = false' | as_root tee "$policy" >/dev/null || return
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -y \
        -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" || status=$?
    as_root rm -f "$policy"
    return "$status"
}

# install_packages NEEDS_POSTGRES NEEDS_REDIS NEEDS_CHROMIUM, each `true` or `false`.
install_packages() {
    local packages=()
    case $package_manager in
    apt-get)
        if "$1"; then packages+=(postgresql); fi
        if "$2"; then packages+=(redis-server); fi
        if "$3"; then packages+=(chromium); fi
        install_with_apt "${packages[@]}"
        ;;
    dnf)
        if "$1"; then packages+=(postgresql-server postgresql-contrib); fi
        if "$2"; then packages+=(redis); fi
        if "$3"; then packages+=(chromium); fi
        as_root dnf -q -y install "${packages[@]}"
        ;;
    apk)
        if "$1"; then packages+=(postgresql postgresql-client postgresql-contrib); fi
        if "$2"; then packages+=(redis); fi
        if "$3"; then packages+=(chromium); fi
        as_root apk add --quiet --no-progress "${packages[@]}"
        ;;
    brew)
        if "$1"; then packages+=(postgresql@17); fi
        if "$2"; then packages+=(redis); fi
        if [ "${#packages[@]}" -gt 0 ]; then brew install --quiet "${packages[@]}" || return; fi
        if "$3"; then brew install --quiet --cask chromium; fi
        ;;
    esac
}

ensure_programs_installed() {
    local needs_postgres=false needs_redis=false needs_chromium=false
    find_postgres || needs_postgres=true
    find_redis || needs_redis=true
    find_chromium || needs_chromium=true
    if "$needs_postgres" || "$needs_redis" || "$needs_chromium"; then
        find_package_manager
        say "installing what is missing with $package_manager (PostgreSQL: $needs_postgres, Redis: $needs_redis, Chromium: $needs_chromium)"
        if ! install_packages "$needs_postgres" "$needs_redis" "$needs_chromium" >"$folder/install.log" 2>&1; then
            cat "$folder/install.log"
            die "the package manager failed (its output is above)"
        fi
        hash -r
        find_postgres || die "the system's packages hold no PostgreSQL >= $oldest_postgres with its server programs"
        find_redis || die "redis-server and redis-cli were not found after installing"
        find_chromium || die "Chromium was not found after installing: set CHROMIUM to a browser of its kind"
    fi
    if [ ! -x "$postgres_bin/psql" ] && ! have psql; then
        die "psql is missing: install the PostgreSQL client"
    fi
    say "PostgreSQL: $("$postgres_bin/postgres" --version), in $postgres_bin"
    say "Redis: $("$redis_server" --version)"
    say "Chromium: $chromium"
}

ensure_build_tools() {
    have cargo || die "cargo is missing: install Rust with rustup"
    have cc || have gcc || have clang || die "a C compiler is missing"
    have node || die "node is missing: install Node 20 or newer, with npm"
    have npm || die "npm is missing: install it with Node"
}

ensure_node_packages() {
    local peers=$root/tests/peers
    if [ ! -f "$peers/node_modules/.package-lock.json" ] ||
        [ "$peers/package-lock.json" -nt "$peers/node_modules/.package-lock.json" ]; then
        say "installing the Node packages of tests/peers"
        (cd "$peers" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
        # npm may keep the date of an unchanged folder: this is what the next run compares.
        touch "$peers/node_modules/.package-lock.json"
    fi
}

# --- servers ---------------------------------------------------------------------------------

as_server_user() {
    if [ -z "$server_user" ]; then
        (cd "$folder" && "$@")
    elif have runuser; then
        (cd "$folder" && runuser -u "$server_user" -- "$@")
    elif have setpriv && setpriv --help 2>&1 | grep -q -e --reuid; then
        (cd "$folder" && setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --clear-groups "$@")
    else
        (cd "$folder" && su -s "$BASH" -c "$(printf '%q ' "$@")" "$server_user")
    fi
}

# A port of 127.0.0.1 that nothing listens on, below those lent to outgoing connections. Another
# program may still take it first: then the server does not start, and the caller asks again.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

start_postgres() {
    local locale=C.UTF-8 attempt
    if [ "$(uname)" = Darwin ]; then locale=C; fi
    if [ "$(id -u)" -eq 0 ]; then
        if id postgres >/dev/null 2>&1; then server_user=postgres; else server_user=nobody; fi
    fi
    # The server's user may pass through the folder and write in two places of it.
    chmod 711 "$folder"
    mkdir -m 700 "$folder/data" "$folder/log"
    mkdir -m 755 "$folder/socket"
    if [ -n "$server_user" ]; then
        chown "$server_user" "$folder/data" "$folder/log" "$folder/socket"
    fi
    if ! as_server_user "$postgres_bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 \
        --locale="$locale" --no-sync >"$folder/initdb.log" 2>&1; then
        cat "$folder/initdb.log"
        die "initdb failed (its output is above)"
    fi
    for attempt in 1 2 3 4 5; do
        postgres_port=$(free_port)
        cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $postgres_port
unix_socket_directories = '$folder/socket'
max_connections = 400
timezone = 'UTC'
log_timezone = 'UTC'
# The data is thrown away: nothing has to survive a crash.
fsync = off
synchronous_commit = off
full_page_writes = off
$postgres_settings
CONF
        if as_server_user "$postgres_bin/pg_ctl" -D "$folder/data" -l "$folder/log/postgres.log" \
            -t 60 -w start >/dev/null 2>&1 </dev/null; then
            say "PostgreSQL listens on 127.0.0.1:$postgres_port"
            return
        fi
        if ! grep -q 'Address already in use' "$folder/log/postgres.log" || [ "$attempt" -eq 5 ]; then
            cat "$folder/log/postgres.log" || true
            die "PostgreSQL did not start (its log is above)"
        fi
        : >"$folder/log/postgres.log"
    done
}

start_redis() {
    local attempt
    for attempt in 1 2 3 4 5; do
        redis_port=$(free_port)
        # A process group of its own: Ctrl-C reaches this script first, which stops it in order.
        set -m
        "$redis_server" --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no \
            --dir "$folder" --daemonize no >"$folder/redis.log" 2>&1 </dev/null &
        redis_pid=$!
        set +m
        for _ in {1..150}; do
            if [ "$("$redis_cli" -h 127.0.0.1 -p "$redis_port" ping 2>/dev/null)" = PONG ] &&
                kill -0 "$redis_pid" 2>/dev/null; then
                say "Redis listens on 127.0.0.1:$redis_port"
                return
            fi
            if ! kill -0 "$redis_pid" 2>/dev/null; then break; fi
            sleep 0.1
        done
        kill -TERM "$redis_pid" 2>/dev/null || true
        wait "$redis_pid" 2>/dev/null || true
        redis_pid=''
        if ! grep -qi 'already in use' "$folder/redis.log" || [ "$attempt" -eq 5 ]; then
            cat "$folder/redis.log"
            die "Redis did not start (its log is above)"
        fi
    done
}

ask_redis() { "$redis_cli" -h 127.0.0.1 -p "$redis_port" "$@" >/dev/null 2>&1 || true; }

# Empties Redis, scripts included, as often as it can.
flush_redis() {
    while :; do
        ask_redis flushall
        ask_redis script flush
        sleep 0.02
    done
}

# Overwrites every key with what is no budget: another type, or a hash of rubbish.
poison_redis() {
    local script="for _, key in ipairs(redis.call('keys', '*')) do
        local kind = math.random(4)
        redis.call('del', key)
        if kind == 1 then redis.call('set', key, 'rubbish')
        elseif kind == 2 then redis.call('rpush', key, 'rubbish')
        elseif kind == 3 then redis.call('hset', key, 'requests', 'rubbish', 'cost', '-1')
        else redis.call('hset', key, 'requests', '1e308', 'cost', 'nan') end
    end"
    while :; do
        ask_redis eval "$script" 0
        sleep 0.02
    done
}

# torment COMMAND: runs it beside the suite, in a process group of its own.
torment() {
    set -m
    "$@" </dev/null &
    tormentor=$!
    set +m
}

# Brings Redis into the state that was asked for.
spoil_redis() {
    case $redis_state in
    healthy) return ;;
    absent)
        kill -TERM "$redis_pid"
        wait "$redis_pid" 2>/dev/null || true
        redis_pid=''
        ;;
    frozen) kill -STOP "$redis_pid" ;;
    flushed) torment flush_redis ;;
    poisoned) torment poison_redis ;;
    esac
    say "the Redis that the tests share is $redis_state"
}

# The roles of a real deployment, made by the very file that a deployment runs.
create_roles() {
    local psql=$postgres_bin/psql
    if [ ! -x "$psql" ]; then psql=psql; fi
    if ! "$psql" -X -q -h 127.0.0.1 -p "$postgres_port" -U postgres -d postgres \
        -v ON_ERROR_STOP=1 -v database=alongside_test \
        -f "$root/deploy/postgres/roles.sql" >"$folder/roles.log" 2>&1; then
        cat "$folder/roles.log"
        die "creating roles failed (PostgreSQL's contrib package may be missing: it holds btree_gist)"
    fi
    say "created the roles alongside_owner, alongside_service and alongside_app, and the database alongside_test"
}

export_variables() {
    local server=127.0.0.1:$postgres_port/alongside_test
    export ALONGSIDE_TEST_POSTGRES_OWNER=postgres://alongside_owner@$server
    export ALONGSIDE_TEST_POSTGRES_APP=postgres://alongside_app@$server
    export ALONGSIDE_TEST_POSTGRES_SUPERUSER=postgres://postgres@$server
    export ALONGSIDE_TEST_REDIS=redis://127.0.0.1:$redis_port
    export CHROMIUM=$chromium
}

# Settings of whoever runs the tests must not reach them.
forget_settings() {
    local name
    for name in "${!PG@}" "${!ALONGSIDE__@}" ALONGSIDE_CONFIG DATABASE_URL REDIS_URL; do
        unset "$name"
    done
}

# --- running ---------------------------------------------------------------------------------

# Runs a command in a process group of its own and waits in a way that a signal can interrupt.
run_job() {
    local status=0
    set -m
    "$@" </dev/null &
    job=$!
    set +m
    wait "$job" || status=$?
    job=''
    return "$status"
}

cargo_test() {
    cargo test --workspace --no-fail-fast "$@" 2>&1 | tee "$folder/cargo-test.log"
}

# `passed failed`, summed over every test binary.
count_results() {
    sed -E $'s/\x1b\\[[0-9;]*m//g' "$folder/cargo-test.log" | awk '
        /^test result: / {
            for (i = 2; i <= NF; i++) {
                if ($i == "passed;") passed += $(i - 1)
                if ($i == "failed;") failed += $(i - 1)
            }
        }
        END { print passed + 0, failed + 0 }'
}

main() {
    local status=0 passed failed name
    case ${1-} in
    -h | --help)
        usage
        exit 0
        ;;
    --redis)
        redis_state=${2-}
        case $redis_state in
        healthy | absent | frozen | flushed | poisoned) ;;
        *)
            usage >&2
            exit 2
            ;;
        esac
        shift 2
        ;;
    esac

    trap on_exit EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    folder=$(mktemp -d "${TMPDIR:-/tmp}/alongside-tests.XXXXXX")
    cd "$root"
    forget_settings

    if [ "${1-}" = --servers ]; then
        ensure_programs_installed
        start_postgres
        start_redis
        create_roles
        export_variables
        for name in "${!ALONGSIDE_TEST_@}" CHROMIUM; do
            printf "export %s='%s'\n" "$name" "${!name}"
        done
        say "ready; Ctrl-C stops both servers"
        wait "$redis_pid" || true
        die "Redis stopped by itself"
    fi

    if [ -n "${CI-}" ]; then export CARGO_TERM_PROGRESS_WHEN=never; fi
    if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-always}; fi
    ensure_build_tools
    ensure_programs_installed
    ensure_node_packages
    start_postgres
    start_redis
    create_roles
    export_variables
    say "building the service"
    run_job cargo build --workspace
    spoil_redis
    say "running the tests"
    run_job cargo_test "$@" || status=$?
    read -r passed failed < <(count_results)
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        say "cargo test ended with $status although no test failed: it did not build, or a test binary crashed"
    fi
    stop_everything
    echo "$passed passed, $failed failed"
    exit "$status"
}

# tests/bench/run.sh borrows the functions.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi

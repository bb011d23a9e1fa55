#!/usr/bin/env bash
# Run by the PostgreSQL image when its data folder is new: makes what a deployment needs.
set -euo pipefail

: "${ALONGSIDE_OWNER_PASSWORD:?must be set}" "${ALONGSIDE_APP_PASSWORD:?must be set}"
psql -X -q -v ON_ERROR_STOP=1 -v database=alongside \
    --username "$POSTGRES_USER" --dbname postgres --file /etc/alongside/roles.sql

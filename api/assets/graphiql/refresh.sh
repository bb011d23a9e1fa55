#!/usr/bin/env bash
# Fetches the vendored files again, as published, and writes SHA256SUMS. Needs npm.
# To move to another version: change it here and in LICENCES.md, run this, try the page, commit.
set -euo pipefail

graphiql=4.1.2
react=18.3.1
react_dom=18.3.1
explorer=4.0.6

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# take PACKAGE FILE NAME: copies one file of a published package to this folder.
take() {
    local archive
    archive=$(cd "$work" && npm pack --silent "$1")
    tar -xzf "$work/$archive" -C "$work" "package/$2"
    install -m 644 "$work/package/$2" "$here/$3"
}

take "graphiql@$graphiql" graphiql.min.js graphiql.min.js
take "graphiql@$graphiql" graphiql.min.css graphiql.min.css
take "react@$react" umd/react.production.min.js react.production.min.js
take "react-dom@$react_dom" umd/react-dom.production.min.js react-dom.production.min.js
take "@graphiql/plugin-explorer@$explorer" dist/index.umd.js plugin-explorer.umd.js
take "@graphiql/plugin-explorer@$explorer" dist/style.css plugin-explorer.css

cd "$here"
sha256sum graphiql.min.css graphiql.min.js plugin-explorer.css plugin-explorer.umd.js \
    react-dom.production.min.js react.production.min.js >SHA256SUMS
cat SHA256SUMS

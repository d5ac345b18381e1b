#!/usr/bin/env bash
# A Label Studio server of your own, on loopback, with telemetry off: serve.sh DATA PORT [HOST]
# DATA keeps the projects, and in DATA/account the login that was made up at the first start.
set -euo pipefail
data=$(mkdir -p "$1" && cd "$1" && pwd) port=$2 host=${3:-127.0.0.1}
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  echo "port $port is taken; name another one, such as PORT=$((port + 1))" >&2
  exit 1
fi
if [ ! -f "$data/account" ]; then
  (
    umask 077
    random() { python3 -c "import secrets; print(secrets.token_hex($1))"; }
    printf 'LABEL_STUDIO_USERNAME=annotator@example.com\nLABEL_STUDIO_PASSWORD=%s\nLABEL_STUDIO_USER_TOKEN=%s\n' \
      "$(random 6)" "$(random 20)" > "$data/account"
  )
fi
set -a
. "$data/account"
set +a
export LABEL_STUDIO_BASE_DATA_DIR=$data LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN=true
export COLLECT_ANALYTICS=False LATEST_VERSION_CHECK=False FEATURE_FLAGS_OFFLINE=True SENTRY_DSN= FRONTEND_SENTRY_DSN=
# While nobody but this machine reaches the server, it may ask a model on this machine (eventcorpus serve): the first for
# its predictions, the second because connecting a model also makes a webhook. For all other servers both stay forbidden.
if [ "$host" = 127.0.0.1 ]; then
  export ML_BLOCK_LOCAL_IP=${ML_BLOCK_LOCAL_IP:-False} SSRF_PROTECTION_ENABLED=${SSRF_PROTECTION_ENABLED:-False}
fi
export LOG_LEVEL=WARNING DEBUG=False PYTHONUNBUFFERED=1
exec "$(dirname "$0")/../../.venv-labelstudio/bin/label-studio" start --no-browser --data-dir "$data" \
  --internal-host "$host" --port "$port" --enable-legacy-api-token

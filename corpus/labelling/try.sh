#!/usr/bin/env bash
# make labelstudio: a local server with the shipped corpus in it, to look at and to annotate: try.sh DATA PORT
set -euo pipefail
here=$(dirname "$0") data=$1 port=$2
bash "$here/serve.sh" "$data" "$port" > >(tee "$data.log" >/dev/null) 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true' EXIT
echo "starting Label Studio (about 45 s the first time, then 5 s) ..."
until python3 -c "import urllib.request as r; r.urlopen('http://127.0.0.1:$port/health', timeout=5)" 2>/dev/null; do
  kill -0 $server 2>/dev/null || { tail -3 "$data.log"; exit 1; }
  sleep 0.5
done
. "$data/account"
export LABEL_STUDIO_URL=http://127.0.0.1:$port LABEL_STUDIO_API_KEY=$LABEL_STUDIO_USER_TOKEN
eventcorpus --quiet labelstudio push corpus/articles --project first-pass
cat <<TEXT

  open      http://127.0.0.1:$port
  log in    $LABEL_STUDIO_USERNAME   password $LABEL_STUDIO_PASSWORD
  project   first-pass: the shipped corpus, waiting for labels

  In another shell, to work with it from the command line (the key is in $data/account):
    export LABEL_STUDIO_URL=http://127.0.0.1:$port
    export LABEL_STUDIO_API_KEY=\$(sed -n s/^LABEL_STUDIO_USER_TOKEN=//p $data/account)
    .venv/bin/eventcorpus labelstudio status
    .venv/bin/eventcorpus labelstudio pull --out labels

  Ctrl-C stops the server; make labelstudio starts it again with everything in it.
TEXT
wait $server

#!/usr/bin/env bash
# PyJWT 2.15.1: PyJWKClient does not ask the issuer again for a key that it does not know within
# 30 s of its last fetch. A process that starts, or whose set was just fetched, refuses every token
# of a key that the issuer began to use a second later, and sends no request.
#
# Why it matters: issuers rotate keys at any moment, and may change to a new one at once after a
# leak. For half a minute healthy callers get 401, and nothing says that a look would have helped.
# `cooldown_duration=0` brings the look-up back, and with it a request for each made-up key id.
#
# Seen on 2026-11-30, Python 3.11, Linux; the issuer's key is replaced after the first fetch:
#   old key: found after 1 request
#   new key: PyJWKClientError after 1 request
#   new key, cooldown 0: found after 3 requests
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'pyjwt[crypto]==2.15.1'

"$folder/venv/bin/python" -W ignore - <<'PYTHON' | tee "$folder/seen"
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm


def made(kid):
    private = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(ECAlgorithm.to_jwk(private.public_key()))
    return private, {**public, "kid": kid, "use": "sig", "alg": "ES256"}


old, new = made("old"), made("new")
served, requests = [old[1]], 0


class Issuer(BaseHTTPRequestHandler):
    def do_GET(self):
        global requests
        requests += 1
        body = json.dumps({"keys": served}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Issuer)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/keys"


def look(what, client, key):
    token = jwt.encode({"sub": "a"}, key[0], algorithm="ES256", headers={"kid": key[1]["kid"]})
    try:
        client.get_signing_key_from_jwt(token)
        found = "found"
    except jwt.PyJWKClientError as error:
        found = type(error).__name__
    print(f"{what}: {found} after {requests} request{'s' if requests > 1 else ''}")


client = jwt.PyJWKClient(url)
look("old key", client, old)
served[:] = [new[1]]
look("new key", client, new)
served[:] = [old[1]]
client = jwt.PyJWKClient(url, cooldown_duration=0)
client.get_jwk_set()
served[:] = [new[1]]
look("new key, cooldown 0", client, new)
server.shutdown()
PYTHON

diff "$folder/seen" - <<'EXPECTED'
old key: found after 1 request
new key: PyJWKClientError after 1 request
new key, cooldown 0: found after 3 requests
EXPECTED
echo "as described"

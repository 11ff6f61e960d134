import io
import json
import sys

import toml
import yaml


def dumps(data, file):
    # ruleid: ingenious-storage.dump-to-file
    json.dump(data, file)
    # ruleid: ingenious-storage.dump-to-file
    json.dump(data, file, indent=2)
    # ruleid: ingenious-storage.dump-to-file
    json.dump(data, fp=file)
    # ruleid: ingenious-storage.dump-to-file
    yaml.dump(data, file, sort_keys=False)
    # ruleid: ingenious-storage.dump-to-file
    yaml.safe_dump(data, stream=file)
    # ruleid: ingenious-storage.dump-to-file
    toml.dump(data, file)
    with open("state.json", "w") as state:
        # ruleid: ingenious-storage.dump-to-file
        json.dump(data, state)


def text_only(data):
    # ok: ingenious-storage.dump-to-file
    text = json.dumps(data)
    # ok: ingenious-storage.dump-to-file
    text = yaml.dump(data, default_flow_style=False)
    # ok: ingenious-storage.dump-to-file
    text = yaml.safe_dump(data)
    # ok: ingenious-storage.dump-to-file
    return text + yaml.dump(data, None)


def to_a_stream(data):
    # ok: ingenious-storage.dump-to-file
    json.dump(data, sys.stdout, indent=2)
    # ok: ingenious-storage.dump-to-file
    json.dump(data, sys.stderr)
    buffer = io.StringIO()
    # ok: ingenious-storage.dump-to-file
    json.dump(data, buffer)
    return buffer.getvalue()


def reading(file):
    # ok: ingenious-storage.dump-to-file
    return json.load(file)

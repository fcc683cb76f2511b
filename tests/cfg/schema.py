# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the JSON Schema against the fixtures, and specs that are all good: schema.py SCHEMA FIXTURES GOOD..."""
import glob
import json
import os
import sys

import jsonschema
import yaml

# Good specs that a schema must refuse: plain scalars that YAML reads as something else than text.
READ_AS_TEXT = {"pass-plain-scalars-are-text", "pass-cpu-lists"}
# What PyYAML cannot read, though YAML allows it: an anchor that is defined twice.
UNREADABLE = {"pass-alias-redefined"}
# Bad specs whose every document a schema must refuse; the others need more than a schema can say.
REFUSED = {
    "fail-unknown-key", "fail-foreign-keys", "fail-unknown-key-in-entries", "fail-wrong-shapes", "fail-enumerations",
    "fail-not-supported-yet", "fail-names", "fail-vif-target", "fail-empty-values", "fail-missing-keys",
    "fail-network-keys-by-mode-alone", "fail-cdrom-without-source", "fail-vif-keys-by-kind",
}


def errors_of(validator, path):
    """Of each document of a file its errors."""
    with open(path, encoding="utf-8-sig") as f:
        return [list(validator.iter_errors(d)) for d in yaml.safe_load_all(f) if d is not None]


def main(schema_file, fixtures, *good):
    with open(schema_file) as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    bad = 0
    for path in sorted(glob.glob(os.path.join(fixtures, "*.yaml"))) + list(good):
        name = os.path.basename(path)[:-5]
        passes = path in good or (name.startswith("pass-") and name not in READ_AS_TEXT)
        if name in UNREADABLE or (not passes and name not in REFUSED):
            continue
        for i, errors in enumerate(errors_of(validator, path)):
            if passes and errors:
                print(f"{name}: document {i} is refused: {errors[0].message}")
            if not passes and not errors:
                print(f"{name}: document {i} is accepted")
            bad += passes == bool(errors)
    return bad


sys.exit(1 if main(*sys.argv[1:]) else 0)

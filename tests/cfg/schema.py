# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the JSON Schema against the fixtures: schema.py SCHEMA FIXTURES."""
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
# What a schema of one document cannot see: what defaults before it give.
NEEDS_DEFAULTS = {"pass-defaults"}
# Bad specs whose every document a schema must refuse; the others need more than a schema can say.
REFUSED = {
    "fail-unknown-key", "fail-foreign-keys", "fail-unknown-key-in-entries", "fail-wrong-shapes", "fail-enumerations",
    "fail-not-supported-yet", "fail-names", "fail-vif-target", "fail-empty-values", "fail-missing-keys",
    "fail-network-keys-by-mode-alone", "fail-cdrom-without-source", "fail-vif-keys-by-kind",
}


def main(schema_file, fixtures):
    with open(schema_file) as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    bad = 0
    for path in sorted(glob.glob(os.path.join(fixtures, "*.yaml"))):
        name = os.path.basename(path)[:-5]
        passes = name.startswith("pass-") and name not in READ_AS_TEXT
        if name in UNREADABLE | NEEDS_DEFAULTS or (not passes and name not in REFUSED):
            continue
        with open(path, encoding="utf-8-sig") as f:
            documents = [d for d in yaml.safe_load_all(f) if d is not None]
        for document in documents:
            errors = list(validator.iter_errors(document))
            if passes and errors:
                print(f"{name}: refused: {errors[0].message}")
                bad += 1
            if not passes and not errors:
                print(f"{name}: accepted: {document}")
                bad += 1
    return bad


sys.exit(1 if main(*sys.argv[1:]) else 0)

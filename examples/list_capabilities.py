"""Use a table: a data file that the generator turned into a typed module of the package.

`spec/capabilities.yaml` is the module `orcarouter_api.tables.capabilities`; its classes come from
`spec/capabilities.schema.yaml`. The settings for that are in `pyproject.toml`.

    python examples/list_capabilities.py native_audio
"""

import sys

from orcarouter_api.tables import capabilities


def main(feature: str) -> None:
    table = capabilities.load()  # a CapabilityTable, made once
    for model in table.models:
        features = model.features or []
        if any(f.feature == feature and f.support == "supported" for f in features):
            print(model.model)


if __name__ == "__main__":
    main(sys.argv[1])

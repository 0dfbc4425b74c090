"""What the product is made of, from the lock and the installed packages: `python -m tests.software_bill [FILE]` writes it as CycloneDX."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

LOCK: Final = Path(__file__).parent.parent / "requirements.lock"
_PIN: Final = re.compile(r"^([a-z0-9._-]+)==([^ ;]+)([^\n]*)", re.MULTILINE)
_CLASSIFIER: Final = "License :: OSI Approved :: "
_SPOKEN: Final = {
    "MIT License": "MIT", "BSD License": "BSD", "Apache Software License": "Apache-2.0", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC", "Python Software Foundation License": "PSF-2.0", "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL", "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
}  # fmt: skip


@dataclass(frozen=True)
class Package:
    """One package of the lock; its licence is what its own metadata say, nothing where it is not installed."""

    name: str
    version: str
    everywhere: bool
    licence: str


def packages(lock: Path = LOCK) -> list[Package]:
    """The packages that the product needs to run."""
    pins = _PIN.findall(lock.read_text(encoding="utf-8"))
    return [Package(name, version, ";" not in marked, licence_of(name)) for name, version, marked in pins]


def licence_of(name: str) -> str:
    """The licence of an installed package: its expression, else its classifiers, else the first line of what it says."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return ""
    if expression := said.get("License-Expression"):
        return str(expression)
    named = [one.removeprefix(_CLASSIFIER) for one in said.get_all("Classifier", []) if one.startswith(_CLASSIFIER)]
    if named:
        return " OR ".join(_SPOKEN.get(one, one) for one in named)
    return (said.get("License") or "").strip().partition("\n")[0]


def bill() -> str:
    """All of them, as CycloneDX 1.6 in JSON."""
    licences, made = LicenseFactory(), Bom()
    made.metadata.component = Component(
        name="quartiers-productifs", type=ComponentType.APPLICATION, bom_ref="quartiers-productifs"
    )
    for one in packages():
        about = PackageURL("pypi", None, one.name, one.version)
        component = Component(
            name=one.name, version=one.version, type=ComponentType.LIBRARY, purl=about, bom_ref=str(about),
            licenses=[licences.make_from_string(one.licence)] if one.licence else [],
        )  # fmt: skip
        made.components.add(component)
        made.register_dependency(made.metadata.component, [component])
    return str(JsonV1Dot6(made).output_as_string(indent=1))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(f"{bill()}\n", encoding="utf-8")
    else:
        sys.stdout.write(f"{bill()}\n")

"""Finding and loading specifications: spec.yaml of a dialect, its parts and big code tables, a profile over all."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from yiqiao.spec.build import build
from yiqiao.spec.check import check
from yiqiao.spec.document import Section, read
from yiqiao.spec.errors import SpecError
from yiqiao.spec.overlay import PROFILE_KEYS, overlay
from yiqiao.spec.specification import Spec

STANDARD = "standard"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}", re.ASCII)
_NAMED = ("operations", "codes")
_LISTED = ("readings", "deviations")
"""What a part of a specification may hold."""


def dialects() -> tuple[str, ...]:
    """The names of all dialects that have a specification."""
    return tuple(sorted(folder.name for folder in _root().iterdir() if (folder / "spec.yaml").is_file()))


def profiles(dialect: str) -> tuple[str, ...]:
    """The names of a dialect's profiles, the standard reading first. Raises SpecError for an unknown dialect."""
    folder = _folder(dialect) / "profiles"
    found = sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))
    return tuple(sorted(found, key=lambda name: name != STANDARD))


@cache
def profile_titles(dialect: str) -> Mapping[str, str]:
    """What a dialect's profiles are called, by their names. Raises SpecError for an unknown dialect."""
    folder = _folder(dialect) / "profiles"
    files = {name: read(folder / f"{name}.yaml", f"{dialect}/profiles/{name}.yaml") for name in profiles(dialect)}
    return {name: file.string("title", name) for name, file in files.items()}


@cache
def load(dialect: str, profile: str = STANDARD) -> Spec:
    """A dialect's specification as a profile speaks it; kept once loaded.

    Raises SpecError, with file and place, for an unknown name and for a specification that contradicts itself.
    """
    spec = build(document(dialect, profile), profile)
    faults = check(spec)
    if faults:
        raise SpecError(f"{dialect}, profile {profile}: " + "; ".join(faults))
    return spec


def document(dialect: str, profile: str = STANDARD) -> Section:
    """The document behind a Spec: the specification, its code tables, and the profile with those it is based on."""
    spec = _bare(dialect)
    for layer in _layers(_folder(dialect), dialect, profile):
        spec = overlay(spec, layer)
    return spec


@lru_cache(maxsize=1)
def _bare(dialect: str) -> Section:
    """What all profiles of a dialect stand on. The last one is kept, for whoever loads them one after another."""
    folder = _folder(dialect)
    spec = _with_parts(read(folder / "spec.yaml", f"{dialect}/spec.yaml"), folder)
    return _with_return_codes(_with_code_files(spec, folder), folder)


def forget_documents() -> None:
    """Let go of what is only needed while specifications are loaded."""
    _bare.cache_clear()


def _root() -> Traversable:
    # The dialects are data to this package; naming them here as a package to import would turn the layers around.
    return files("yiqiao").joinpath("dialects")


def _folder(dialect: str) -> Traversable:
    folder = _root().joinpath(dialect)
    if not _NAME.fullmatch(dialect) or not (folder / "spec.yaml").is_file():
        raise SpecError(f"no dialect {dialect[:40]!r}; there are: {', '.join(dialects())}")
    return folder


def _layers(folder: Traversable, dialect: str, profile: str) -> list[Section]:
    """The profile and those it stands on, the lowest first."""
    layers: list[Section] = []
    wanted: str | None = profile
    while wanted is not None:
        file = folder / "profiles" / f"{wanted}.yaml"
        if not _NAME.fullmatch(wanted) or not file.is_file():
            raise SpecError(f"{dialect} has no profile {wanted[:40]!r}; there are: {', '.join(profiles(dialect))}")
        layer = read(file, f"{dialect}/profiles/{wanted}.yaml")
        layer.only(*PROFILE_KEYS)
        if any(layer.file == one.file for one in layers):
            raise layer.fault("the profile is based on itself", "base")
        layers.insert(0, layer)
        wanted = layer.maybe("base")
    return layers


def _with_parts(spec: Section, folder: Traversable) -> Section:
    """A long standard stands in several files, one a subject; spec.yaml names them in the standard's order."""
    raw = {key: value for key, value in spec.raw.items() if key != "parts"}
    sources: dict[tuple[str, ...], Section] = {}
    for name in spec.strings("parts"):
        if not _NAME.fullmatch(name) or not (folder / "parts" / f"{name}.yaml").is_file():
            raise spec.fault(f"there is no parts/{name[:40]}.yaml", "parts")
        part = read(folder / "parts" / f"{name}.yaml", f"{spec.raw.get('dialect')}/parts/{name}.yaml")
        part.only(*_NAMED, *_LISTED)
        for key in _NAMED:
            gathered = replace(spec, raw=raw).section(key).raw
            for one in part.section(key).raw:
                if one in gathered:
                    raise part.section(key).fault("stands in two files", one)
                sources[key, one] = part
            raw[key] = {**gathered, **part.section(key).raw}
        for key in _LISTED:
            raw[key] = [dict(row.raw) for one in (replace(spec, raw=raw), part) for row in one.sections(key)]
    return replace(spec, raw=raw, parts=sources)


def _with_code_files(spec: Section, folder: Traversable) -> Section:
    codes = dict(spec.section("codes").raw)
    directory = folder / "codes"
    for file in sorted(directory.iterdir(), key=lambda one: one.name) if directory.is_dir() else ():
        name = file.name.removesuffix(".yaml")
        if name == file.name:
            continue
        if name in codes:
            raise spec.section("codes").fault("stands here and in a file of its own", name)
        codes[name] = dict(read(file, f"{spec.raw.get('dialect')}/codes/{file.name}").raw)
    return replace(spec, raw={**spec.raw, "codes": codes})


def _with_return_codes(spec: Section, folder: Traversable) -> Section:
    """Return codes with all that is said of them fill a file; a dialect with few has them in spec.yaml."""
    file = folder / "return_codes.yaml"
    if not file.is_file():
        return spec
    if "return_codes" in spec.raw:
        raise spec.fault("stand here and in a file of their own", "return_codes")
    codes = read(file, f"{spec.raw.get('dialect')}/return_codes.yaml").raw
    return replace(spec, raw={**spec.raw, "return_codes": dict(codes)})

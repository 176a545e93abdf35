"""Makes the typefaces of the pages from the published ones; see src/styles/fonts/README.md.

Inter stays variable between the weights that the pages use, JetBrains Mono is one weight. Both hold
only the characters below, no hints, and outlines on a coarser grid, which nobody sees at the sizes of
a page. Inter's figures are the tabular ones throughout, so that numbers stand below each other without
being asked to, and of its kerning only what is seen is kept.
"""

import io
import sys
from pathlib import Path

from fontTools import subset
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from fontTools.varLib import instancer

ASCII = "".join(map(chr, range(0x20, 0x7F)))
LATIN_1 = "".join(map(chr, range(0xC0, 0x100)))
# What the pages write besides, and what units, label values and annotations often hold.
SIGNS = "£°±²³µ·×Ωμ–—‘’“”•…›€←↑→↓−∞≤≥▲▼✓✗"
SIGNS_OF_CODE = "°µ·×–—“”…−"

WEIGHTS = (400, 650)
UNITS_PER_EM = 640
# How far a point may lie from where the full outlines have it, in those units: a twelfth of a pixel at 50 px.
TOLERANCE = 1.0
# Kerning of less than this, in thousandths of an em, is not seen: a quarter of a pixel at 14 px.
SEEN_KERNING = 20
KERNED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.,:-/"


def main(inter: str, mono: str, folder: str) -> None:
    target = Path(folder)
    save(sans(inter), target / "inter.woff2")
    save(code(mono), target / "jetbrains-mono.woff2")


def sans(path: str) -> TTFont:
    whole = TTFont(path, recalcTimestamp=False)
    tabular = figures(whole)
    pairs = kerning(path)
    font = in_memory(instancer.instantiateVariableFont(whole, {"wght": WEIGHTS, "opsz": 14}))
    for table in font["cmap"].tables:
        table.cmap.update({code: tabular[name] for code, name in table.cmap.items() if name in tabular})
    keep(font, ASCII + LATIN_1 + SIGNS)
    scale_upem(font, UNITS_PER_EM)
    loosen(font)
    kern(font, pairs)
    return font


def code(path: str) -> TTFont:
    font = TTFont(path, recalcTimestamp=False)
    keep(font, ASCII + SIGNS_OF_CODE)
    return font


def figures(font: TTFont) -> dict[str, str]:
    """The proportional glyph of a figure to its tabular one."""
    gsub = font["GSUB"].table
    feature = next(f.Feature for f in gsub.FeatureList.FeatureRecord if f.FeatureTag == "tnum")
    found: dict[str, str] = {}
    for index in feature.LookupListIndex:
        for table in gsub.LookupList.Lookup[index].SubTable:
            found.update(getattr(table, "ExtSubTable", table).mapping)
    return {name: found[name] for name in map(font.getBestCmap().get, map(ord, "0123456789")) if name in found}


def keep(font: TTFont, characters: str) -> None:
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.drop_tables += ["MVAR", "STAT", "GDEF", "GSUB", "GPOS", "BASE"]
    options.name_IDs = [0, 1, 2, 13, 14]
    options.notdef_outline = True
    options.glyph_names = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)


def loosen(font: TTFont) -> None:
    """Drops the movements of points that follow from their neighbours' within the tolerance."""
    glyphs, metrics = font["glyf"], font["hmtx"].metrics
    for name, variations in font["gvar"].variations.items():
        coordinates, control = glyphs._getCoordinatesAndControls(name, metrics)
        for variation in variations:
            variation.optimize(coordinates, control.endPts, tolerance=TOLERANCE, isComposite=glyphs[name].isComposite())


def kerning(path: str) -> dict[tuple[str, str], int]:
    """What Inter's middle weight moves two letters by, in thousandths of an em."""
    font = in_memory(
        instancer.instantiateVariableFont(TTFont(path), {"wght": sum(WEIGHTS) / 2, "opsz": 14})
    )
    names = {font.getBestCmap()[ord(letter)]: letter for letter in KERNED}
    gpos, found = font["GPOS"].table, {}
    feature = next(f.Feature for f in gpos.FeatureList.FeatureRecord if f.FeatureTag == "kern")
    for index in feature.LookupListIndex:
        lookup = {}
        for table in gpos.LookupList.Lookup[index].SubTable:
            table = getattr(table, "ExtSubTable", table)
            if table.LookupType == 2:
                for pair, value in (of_pairs if table.Format == 1 else of_classes)(table, names):
                    lookup.setdefault(pair, value)
        for pair, value in lookup.items():
            found[pair] = found.get(pair, 0) + value
    scale = 1000 / font["head"].unitsPerEm
    scaled = {pair: round(value * scale) for pair, value in found.items()}
    return {pair: value for pair, value in scaled.items() if abs(value) >= SEEN_KERNING}


def of_pairs(table, names):
    for first, records in zip(table.Coverage.glyphs, table.PairSet):
        for record in records.PairValueRecord:
            if first in names and record.SecondGlyph in names:
                yield (names[first], names[record.SecondGlyph]), advance(record.Value1)


def of_classes(table, names):
    for first in table.Coverage.glyphs:
        if first not in names:
            continue
        row = table.Class1Record[table.ClassDef1.classDefs.get(first, 0)].Class2Record
        for second, letter in names.items():
            # Class 0 too: the table covers the pair, and later ones are not asked.
            record = row[table.ClassDef2.classDefs.get(second, 0)]
            yield (names[first], letter), advance(record.Value1)


def advance(value) -> int:
    return (value.XAdvance if value is not None and hasattr(value, "XAdvance") else 0) or 0


def kern(font: TTFont, pairs: dict[tuple[str, str], int]) -> None:
    """Writes pairs as classes of letters that are moved alike."""
    glyph = font.getBestCmap()
    step = 8  # Thousandths; rounding makes letters alike, and alike letters share a class.
    row = {a: tuple(round(pairs.get((a, b), 0) / step) * step for b in KERNED) for a in KERNED}
    column = {b: tuple(row[a][KERNED.index(b)] for a in KERNED) for b in KERNED}

    def classes(vectors: dict[str, tuple[int, ...]]) -> list[str]:
        groups: dict[tuple[int, ...], str] = {}
        for letter, vector in vectors.items():
            if any(vector):
                groups[vector] = groups.get(vector, "") + letter
        return list(groups.values())

    def named(letters: str) -> str:
        return "[" + " ".join(glyph[ord(letter)] for letter in letters) + "]"

    rules = []
    for first in classes(row):
        for second in classes(column):
            value = row[first[0]][KERNED.index(second[0])]
            if value:
                units = round(value * UNITS_PER_EM / 1000)
                rules.append(f"pos {named(first)} {named(second)} {units};")
    text = "languagesystem DFLT dflt;\nfeature kern {\n" + "\n".join(rules) + "\n} kern;\n"
    addOpenTypeFeaturesFromString(font, text)


def in_memory(font: TTFont) -> TTFont:
    """The font as if read from a file: instancing leaves tables that subsetting cannot take."""
    buffer = io.BytesIO()
    font.flavor = None
    font.save(buffer)
    return TTFont(io.BytesIO(buffer.getvalue()), recalcTimestamp=False)


def save(font: TTFont, path: Path) -> None:
    font.flavor = "woff2"
    font.save(path)
    print(f"{path}: {len(font.getBestCmap())} characters, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])

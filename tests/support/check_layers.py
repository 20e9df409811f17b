#!/usr/bin/env python3
"""Holds every #include in src/, providers/ and cmd/ against the two tables of src/README.md.

usage: check_layers.py [ROOT]      Prints one line a violation; exits 1 when there is one.
"""
import pathlib
import re
import sys

ALWAYS = "src/base"


def table(text, name):
    """Rows of the Markdown table between <!-- name --> and <!-- /name -->, each cell as its list of `code` words."""
    block = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.S)
    if not block:
        sys.exit(f"check_layers: src/README.md has no table '{name}'")
    rows = block.group(1).strip().splitlines()[2:]
    return [[re.findall(r"`([^`]+)`", cell) for cell in row.strip().strip("|").split("|")] for row in rows]


def inside(path, folder):
    return path == folder or path.startswith(folder + "/")


class Layers:
    def __init__(self, rows):
        self.may = {row[0][0]: row[1] for row in rows}
        self.never = {row[0][0]: row[2] for row in rows}

    def folder_of(self, path):
        """The most particular row that a path belongs to."""
        return max((f for f in self.may if inside(path, f)), key=len, default=None)

    def reach(self, folder, seen=None):
        """A folder's row and the rows of the folders it names; a named file leads no further."""
        seen = set() if seen is None else seen
        for entry in self.may.get(folder, []):
            if entry not in seen:
                seen.add(entry)
                self.reach(entry, seen)
        return seen

    def allows(self, user, header):
        folder = self.folder_of(user)
        if folder is None:
            return False
        if inside(header, ALWAYS) or self.folder_of(header) == folder:
            return True
        if header in self.may[folder]:
            return True
        if any(inside(header, banned) for banned in self.never[folder]):
            return False
        return any(inside(header, entry) for entry in self.reach(folder))


def find(root, user, name):
    """Where a quoted include leads, as a path from the root, or None for a header that is not ours."""
    for base in (root / "src", root, (root / user).parent):
        if (base / name).is_file():
            return (base / name).relative_to(root).as_posix()
    return None


def check(root):
    text = (root / "src/README.md").read_text()
    layers = Layers(table(text, "layers"))
    libraries = [(row[0][0], row[1]) for row in table(text, "libraries")]
    problems, files = [], 0
    sources = [p for top in ("src", "providers", "cmd") for p in sorted((root / top).rglob("*")) if p.suffix in (".cc", ".h", ".inc")]
    for source in sources:
        user = source.relative_to(root).as_posix()
        files += 1
        for number, line in enumerate(source.read_text(errors="replace").splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            name = match.group(2)
            header = find(root, user, name) if match.group(1) == '"' else None
            if match.group(1) == '"' and header is None:
                problems.append(f'{user}:{number}: "{name}" is no header of this tree (libraries take <>)')
            elif header and not layers.allows(user, header):
                problems.append(f"{user}:{number}: {layers.folder_of(user)} may not include {header}")
            for prefix, homes in libraries:
                if header is None and name.startswith(prefix) and not any(inside(user, home) for home in homes):
                    problems.append(f"{user}:{number}: <{name}> belongs to {', '.join(homes)} alone")
    return problems, files


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    problems, files = check(root)
    for problem in problems:
        print(problem)
    print(f"check_layers: {files} files, {len(problems)} violation(s)")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

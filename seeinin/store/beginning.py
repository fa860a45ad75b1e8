"""How a run begins: rank 0 lays the file out, or finds what earlier runs have left; the others join it."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seeinin.errors import CacheError
from seeinin.store import journal as journals
from seeinin.store.files import read, release, reserve, write
from seeinin.store.journal import Journal, Record
from seeinin.store.ranks import Rank, journal_path, others_journals

if TYPE_CHECKING:
    from seeinin.store.partial import Partial


def lead(partial: Partial, header: Record, *, overwrite: bool, mending: bool) -> int:
    """As rank 0, or alone: go on with what is there, or begin. Returns the end of the journal, which says so."""
    partial.journal = journal = _hold(partial, journal_path(partial.target))
    if partial.target.exists() and not (overwrite or mending):
        raise CacheError(f"{partial.target} exists already. Choose another output, or add --overwrite.")
    partial.descriptor = partial.files.open(partial.path)
    first, size = next(iter(journal), None), os.fstat(partial.descriptor).st_size
    changed = _changed(first, header) if first else []
    runs: set[str] = set()
    if first and not changed and size == partial.layout.size:
        for record in journal:
            partial.ledger.apply(record)
            runs.add(record.get("run", ""))
    elif changed and size and not overwrite:
        raise CacheError(
            f"{partial.path} was begun with another {' and '.join(changed)}. "
            "Put that back as it was, or begin again with --overwrite."
        )
    elif not first and not overwrite and _holds_images(partial):
        raise CacheError(
            f"{partial.path} has lost {journal.path.name}, which says what of it counts. "
            "Put that back beside it, or begin again with --overwrite."
        )
    else:
        _begin(partial, journal, header)
    _gather(partial, journal, runs)
    rank = partial.rank
    journal.append({"holder": journals.holder()} | ({"run": rank.run, "ranks": rank.count} if rank.count > 1 else {}))
    return journal.end


def has_begun(target: Path, rank: Rank) -> bool:
    """Whether `rank` can join: its run's rank 0 has said what is there."""
    return rank.number == 0 or _begun(target, rank) is not None


def _begun(target: Path, rank: Rank) -> int | None:
    """The end of what rank 0's journal holds when the run begins; None where it does not yet."""
    return next((end for record, end in journals.read(journal_path(target)) if record.get("run") == rank.run), None)


def join(partial: Partial, header: Record) -> int:
    """As another rank, once rank 0 has begun. Returns the end of what its journal said then."""
    main, rank, files = journal_path(partial.target), partial.rank, partial.files
    end = _begun(partial.target, rank)
    if end is None:
        raise ValueError(f"rank {rank.number} came before rank 0")
    for record, at in journals.read(main):
        if at > end:
            break
        if changed := _changed(record, header) if "identity" in record else []:
            raise CacheError(f"{partial.target}: ranks 0 and {rank.number} have another {' and '.join(changed)}.")
        partial.ledger.apply(record)
    partial.descriptor = files.open(partial.path)
    descriptor = files.open(main)
    try:
        files.datasync(descriptor)  # rank 0 does the same, but what follows builds on it
    finally:
        release(files, descriptor)
    partial.journal = _hold(partial, journal_path(partial.target, rank.number))
    partial.journal.clear()
    partial.journal.append({"run": rank.run, "holder": journals.holder()})
    files.sync_directory(partial.target.parent)
    return end


def _hold(partial: Partial, path: Path) -> Journal:
    """The journal at `path`, for this process alone."""
    journal = Journal(partial.files, path)
    try:
        if journal.lock():
            return journal
        by = journals.held_by(path)
        raise CacheError(f"{partial.target} is being written already, by {by}. Wait for it, or stop it first.")
    except BaseException:
        journal.close()
        raise


def _begin(partial: Partial, journal: Journal, header: Record) -> None:
    """Lay the file out. Until its header is in the journal, nothing of it counts."""
    files, layout = partial.files, partial.layout
    allowed = files.free(partial.path.parent) + 512 * os.fstat(partial.descriptor).st_blocks
    if layout.size > allowed:
        if not os.fstat(partial.descriptor).st_size:
            _forget(partial)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    journal.clear()
    files.truncate(partial.descriptor, 0)
    try:
        reserve(files, partial.descriptor, layout.size)
        for offset, data in layout.metadata:
            write(files, partial.descriptor, data, offset)
        for path, array in layout.given.items():
            partial.write(path, array)
        files.datasync(partial.descriptor)
        journal.append(header)
        files.sync_directory(partial.path.parent)
    except OSError:
        _forget(partial)
        raise


def _holds_images(partial: Partial) -> bool:
    """Whether a run has come further than to lay the file out: then there was a journal, which no crash takes away."""
    place = partial.layout.places["images/pixels"]
    image = np.empty(place.shape[1:], place.dtype)
    try:
        for row in range(0, place.shape[0], place.piece or 1):
            read(partial.files, partial.descriptor, image, place.offset + row * place.stride)
            if image.any():
                return True
    except EOFError:
        pass
    return False


def _forget(partial: Partial) -> None:
    """Leave nothing of a file that never began."""
    partial.files.remove(partial.path)
    partial.files.remove(journal_path(partial.target))


def _gather(partial: Partial, journal: Journal, runs: set[str]) -> None:
    """Take over what other ranks committed in earlier `runs` on this file, and remove their journals."""
    paths = others_journals(partial.target)
    if not paths:
        return
    with ExitStack() as stack:
        others = [list(stack.enter_context(closing(_hold(partial, path)))) for path in paths]
        found = [record for records in others if records and records[0].get("run") in runs for record in records]
        kinds = {key: [record for record in found if key in record] for key in ("unit", "lost", "layer")}
        for record in kinds["unit"] + kinds["lost"]:
            partial.ledger.apply(record)
        if partial.ledger.missing:
            kinds["layer"] = []  # some maps were found damaged, before or after these were derived from them
        for record in kinds["layer"]:
            partial.ledger.apply(record)
        journal.append(*kinds["unit"], *kinds["lost"], *kinds["layer"])
        for path in paths:
            partial.files.remove(path)
        partial.files.sync_directory(partial.target.parent)  # or they would come again, after what makes them void


def _changed(old: Record, new: Record) -> list[str]:
    """The fields of the header that differ, the more telling ones where there are any."""
    before, now = old["identity"], new["identity"]
    fields = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if not fields and old["layout"] != new["layout"]:
        return ["layout, by another version of this program"]
    return [name for name in fields if name != "fingerprint"] or fields

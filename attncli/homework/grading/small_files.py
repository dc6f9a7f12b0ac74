"""Reading what a teacher writes beside the sheets: a rubric, a roster."""

from __future__ import annotations

from attncli.errors import AttnError
from attncli.language import _
from attncli.problem.sources import decode, open_now

MAX_BYTES = 16 * 2**20


def read_small(path: str) -> str:
    """Return the text of a file; raises AttnError where it cannot be read, is too large or not UTF-8."""
    try:
        with open(path, "rb", opener=open_now) as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise AttnError(_("there is no file {file!r}", file=path), hint=_("check its name")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = _("{file} cannot be read: {reason}", file=repr(path), reason=_(reason))
        raise AttnError(message, hint=_("check its name and its permissions")) from None
    if len(data) > MAX_BYTES:
        message = _("{file} is larger than {most} MiB", file=path, most=MAX_BYTES // 2**20)
        raise AttnError(message, hint=_("check its name"))
    return decode(data, path)

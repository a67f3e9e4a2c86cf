"""Bearer tokens: who may call at all."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc

from sim.errors import UsageError
from sim.service.answers import abort
from sim.wire.errors import UnauthenticatedError

log = logging.getLogger(__name__)

_OPEN_PREFIX = "/grpc.health.v1.Health/"
_MIN_TOKEN_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class _Token:
    digest: bytes
    expires: datetime | None


class TokenFile:
    """Tokens in a file, one per line: the token, and optionally a blank and when it expires (RFC 3339).

    The file is read again when it changes. Lines that start with ``#`` are comments.

    Raises
    ------
    UsageError
        The file cannot be read, or one of its lines makes no sense.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] = (0, 0)
        self._tokens: tuple[_Token, ...] = ()
        self._refresh()

    def check(self, token: str) -> None:
        """Accept a token.

        Raises
        ------
        UnauthenticatedError
            It is not in the file, or it has expired.
        """
        self._refresh()
        digest = hashlib.sha256(token.encode()).digest()
        # Every token is compared, in constant time, so that the answer's timing tells nothing.
        found = [known for known in self._tokens if hmac.compare_digest(known.digest, digest)]
        if not found:
            raise UnauthenticatedError("the token is wrong", "ask the server's operator for a token")
        expires = found[0].expires
        if expires is not None and expires <= datetime.now(UTC):
            raise UnauthenticatedError("the token has expired", "ask the server's operator for a new one")

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            tokens = tuple(_parse(self._path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read the token file {str(self._path)!r}: {error}") from error
        if not tokens:
            raise UsageError(f"the token file {str(self._path)!r} has no token", "write one token per line")
        self._tokens, self._stamp = tokens, stamp


def _parse(text: str) -> list[_Token]:
    tokens = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) > 2 or len(words[0]) < _MIN_TOKEN_CHARACTERS:
            raise UsageError(
                f"line {number} of the token file is no token of {_MIN_TOKEN_CHARACTERS} characters or more, "
                "with its expiry or without"
            )
        tokens.append(_Token(hashlib.sha256(words[0].encode()).digest(), _expiry(words, number)))
    return tokens


def _expiry(words: list[str], number: int) -> datetime | None:
    if len(words) == 1:
        return None
    try:
        expires = datetime.fromisoformat(words[1])
    except ValueError:
        expires = None
    if expires is None or expires.tzinfo is None:
        raise UsageError(
            f"line {number} of the token file: {words[1]!r} is no time", "write it like 2027-01-31T00:00:00Z"
        )
    return expires


class TokenInterceptor(grpc.aio.ServerInterceptor):
    """Lets calls through that carry a token; health checks need none."""

    def __init__(self, tokens: TokenFile) -> None:
        self._tokens = tokens

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Return the call's handler, or one that refuses it."""
        if handler_call_details.method.startswith(_OPEN_PREFIX):
            return await continuation(handler_call_details)
        try:
            self._tokens.check(_bearer(handler_call_details.invocation_metadata))
        except UnauthenticatedError as error:
            return _refusal(error)
        except UsageError:
            log.exception("the token file cannot be used")
            return _refusal(UnauthenticatedError("no token can be checked now", "ask the server's operator"))
        return await continuation(handler_call_details)


def _bearer(metadata: Any) -> str:
    for key, value in metadata or ():
        scheme, _, token = str(value).partition(" ")
        if key == "authorization" and scheme.lower() == "bearer":
            return token
    raise UnauthenticatedError("the call has no token", "send the metadata authorization: Bearer TOKEN")


def _refusal(error: UnauthenticatedError) -> Any:
    async def refuse(_: Any, context: Any) -> None:
        await abort(context, error)

    return grpc.unary_unary_rpc_method_handler(refuse)

"""The way to a server: address, encryption, token, and what its errors mean."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_status import rpc_status

from sim.errors import UsageError
from sim.wire.address import is_loopback
from sim.wire.errors import UnavailableError
from sim.wire.status import error_from, error_from_code

_MAX_MESSAGE_BYTES = 256 * 1024 * 1024
_TLS_SCHEME = "grpcs://"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """Files (PEM) of an encrypted connection.

    Attributes
    ----------
    ca
        The authority that the server's certificate must come from; None for those that the system trusts.
    certificate, key
        The client's own certificate and key, where the server asks for one.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a server is and how to talk to it.

    Attributes
    ----------
    address
        ``HOST:PORT`` or ``unix:PATH``.
    token
        Sent with every call; None for none.
    tls
        None for a connection that is not encrypted.
    """

    address: str
    token: str | None = None
    tls: ClientTls | None = None

    @classmethod
    def resolve(cls, address: str, token: str | None, tls: ClientTls | None) -> Connection:
        """Return a connection; what is not given comes from the environment.

        ``SIM_TOKEN``, ``SIM_TLS_CA``, ``SIM_TLS_CERT`` and ``SIM_TLS_KEY`` stand for the token and the files;
        ``grpcs://`` before the address asks for TLS with the system's authorities.

        Raises
        ------
        UsageError
            A token would be sent over a network in the clear.
        """
        token = token if token is not None else os.environ.get("SIM_TOKEN") or None
        tls = tls if tls is not None else _tls_of_environment()
        if address.startswith(_TLS_SCHEME):
            address = address.removeprefix(_TLS_SCHEME)
            tls = tls or ClientTls()
        if token is not None and tls is None and not is_loopback(address):
            raise UsageError(
                f"the token would travel to {address} unencrypted",
                "use TLS: set SIM_TLS_CA, or write grpcs://",
            )
        return cls(address, token, tls)

    def channel(self) -> grpc.aio.Channel:
        """Return a channel; it connects with the first call."""
        options = [
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            ("grpc.enable_http_proxy", 0 if is_loopback(self.address) else 1),
        ]
        if self.tls is None:
            return grpc.aio.insecure_channel(self.address, options)
        credentials = grpc.ssl_channel_credentials(
            root_certificates=_read(self.tls.ca),
            private_key=_read(self.tls.key),
            certificate_chain=_read(self.tls.certificate),
        )
        return grpc.aio.secure_channel(self.address, credentials, options)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What every call carries."""
        return () if self.token is None else (("authorization", f"Bearer {self.token}"),)

    @contextlib.contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Raise the package's own errors instead of those of gRPC."""
        try:
            yield
        except grpc.aio.AioRpcError as error:
            status = rpc_status.from_call(error)
            if status is not None:
                raise error_from(status) from error
            details = error.details() or error.code().name
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise UnavailableError(
                    f"the server {self.address} cannot be reached: {details}",
                    "check the address, and that `sim serve` runs there",
                ) from error
            raise error_from_code(error.code().value[0], f"the server {self.address}: {details}") from error


def _tls_of_environment() -> ClientTls | None:
    names = ("SIM_TLS_CA", "SIM_TLS_CERT", "SIM_TLS_KEY")
    ca, certificate, key = (Path(value) if (value := os.environ.get(name)) else None for name in names)
    if ca is None and certificate is None:
        return None
    return ClientTls(ca=ca, certificate=certificate, key=key)


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from error

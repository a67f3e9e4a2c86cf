"""Who may call, and what hostile calls do: tokens, certificates, addresses, malformed messages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.client import Client, ClientTls
from sim.errors import UsageError
from sim.service.auth import TokenFile
from sim.service.config import ServerConfig, Tls
from sim.service.server import SERVICE
from sim.v1 import simulator_pb2
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import UnauthenticatedError, UnavailableError
from tests.support.service import RunningServer, digit_spec, running_server

GOOD = "good-token-0123456789"
EXPIRED = "expired-token-0123456789"
FUTURE = "future-token-0123456789"
CODES_OF_BAD_REQUESTS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.FAILED_PRECONDITION,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("data")
    tokens = directory / "tokens"
    tokens.write_text(f"# operators\n{GOOD}\n{EXPIRED} 2020-01-01T00:00:00Z\n{FUTURE} 2999-01-01T00:00:00Z\n")
    with running_server(directory / "data", workers=1, token_file=tokens) as running:
        yield running


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("open"), workers=1) as running:
        yield running


@pytest.mark.parametrize("token", [GOOD, FUTURE])
def test_a_token_of_the_file_lets_calls_through(server: RunningServer, token: str) -> None:
    with Client(server.address, token=token) as client:
        assert client.platforms()


@pytest.mark.parametrize(
    ("token", "words"),
    [(EXPIRED, "expired"), (GOOD + "x", "wrong"), (GOOD[:-1], "wrong"), (None, "no token")],
)
def test_all_other_tokens_do_not(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, token: str | None, words: str
) -> None:
    monkeypatch.delenv("SIM_TOKEN", raising=False)
    with (
        Client(server.address, token=token) as client,
        pytest.raises(UnauthenticatedError, match=words),
    ):
        client.platforms()
    with Client(server.address, token=token) as client, pytest.raises(UnauthenticatedError):
        client.upload(b"x")


def test_health_checks_need_no_token(server: RunningServer) -> None:
    health = health_pb2_grpc.HealthStub(server.channel)
    request = health_pb2.HealthCheckRequest(service=SERVICE)
    assert health.Check(request).status == health_pb2.HealthCheckResponse.SERVING


def test_the_token_may_come_from_the_environment(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIM_TOKEN", GOOD)
    with Client(server.address) as client:
        assert client.platforms()


def test_a_changed_token_file_counts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"{GOOD}\n")
    tokens = TokenFile(path)
    tokens.check(GOOD)
    path.write_text(f"{FUTURE} 2999-01-01T00:00:00+02:00\n")
    tokens.check(FUTURE)
    with pytest.raises(UnauthenticatedError):
        tokens.check(GOOD)


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "short\n", f"{GOOD} tomorrow\n", f"{GOOD} 2999-01-01T00:00:00\n", f"{GOOD} a b\n"],
)
def test_a_token_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(text)
    with pytest.raises(UsageError):
        TokenFile(path)


@pytest.mark.parametrize(
    ("listen", "options", "allowed"),
    [
        ("127.0.0.1:0", {}, True),
        ("127.8.8.8:1", {}, True),
        ("[::1]:0", {}, True),
        ("localhost:50051", {}, True),
        ("unix:/run/sim.sock", {}, True),
        ("0.0.0.0:50051", {}, False),
        ("[::]:50051", {}, False),
        ("192.0.2.1:50051", {}, False),
        ("localhost.example:50051", {}, False),
        ("0.0.0.0:50051", {"token_file": Path("t")}, False),
        ("0.0.0.0:50051", {"tls": Tls(certificate=Path("c"), key=Path("k"))}, False),
        ("0.0.0.0:50051", {"tls": Tls(certificate=Path("c"), key=Path("k")), "token_file": Path("t")}, True),
        ("0.0.0.0:50051", {"insecure": True}, True),
    ],
)
def test_only_this_machine_may_call_without_tls_and_token(
    listen: str, options: dict[str, object], allowed: bool
) -> None:
    config = ServerConfig(listen=listen, data_dir=Path("unused"), **options)  # type: ignore[arg-type]
    with contextlib.nullcontext() if allowed else pytest.raises(UsageError, match="other machines"):
        config.check()


# -- certificates ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """A certificate authority that lives as long as the test."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def create(cls) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("authority")
        return cls(key, _certificate(name, name, key, key, is_authority=True))

    def write(self, path: Path) -> Path:
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(self, directory: Path, name: str) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(_name(name), self.certificate.subject, key, self.key)
        paths = directory / f"{name}.pem", directory / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )


def test_only_a_certificate_of_the_right_authority_gets_through(tmp_path: Path) -> None:
    ours, strangers = Authority.create(), Authority.create()
    ca = ours.write(tmp_path / "ca.pem")
    certificate, key = ours.issue(tmp_path, "server")
    client_certificate, client_key = ours.issue(tmp_path, "client")
    wrong_certificate, wrong_key = strangers.issue(tmp_path, "stranger")
    tls = Tls(certificate=certificate, key=key, client_ca=ca)
    with running_server(tmp_path / "data", listen="localhost:0", workers=1, tls=tls) as server:
        with Client(
            server.address, tls=ClientTls(ca=ca, certificate=client_certificate, key=client_key)
        ) as client:
            assert client.platforms()
        for refused in (
            ClientTls(ca=ca),
            ClientTls(ca=ca, certificate=wrong_certificate, key=wrong_key),
            ClientTls(
                ca=strangers.write(tmp_path / "strangers.pem"), certificate=client_certificate, key=client_key
            ),
        ):
            with Client(server.address, tls=refused) as client, pytest.raises(UnavailableError):
                client.platforms()
        with Client(server.address) as client, pytest.raises(UnavailableError):
            client.platforms()


# -- hostile messages --------------------------------------------------------------------------------------

METHODS = [method.name for method in simulator_pb2.DESCRIPTOR.services_by_name["Simulator"].methods]
NAMES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "platforms/../../etc/passwd",
            "artifacts/" + "0" * 64,
            "runs/" + "f" * 32,
            "runs/' OR 1=1 --",
            "sessions/" + "0" * 32,
            "platforms/\0",
            "artifacts/../incoming/x",
            "platforms/stm32l4r5/..",
        ]
    ),
)
INT64 = st.integers(-(2**63), 2**63 - 1)


@given(method=st.sampled_from(METHODS), body=st.binary(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_bytes_that_are_no_message_never_bring_the_server_down(
    open_server: RunningServer, method: str, body: bytes
) -> None:
    call = open_server.channel.unary_stream(
        f"/{SERVICE}/{method}", request_serializer=lambda data: data, response_deserializer=lambda data: data
    )
    with contextlib.suppress(grpc.RpcError):
        list(call(body, timeout=20))
    assert open_server.stub.ListPlatforms(pb.ListPlatformsRequest(), timeout=20).platforms


@given(
    spec=st.builds(
        pb.RunSpec,
        platform=NAMES,
        model=st.none() | st.builds(pb.ArtifactFile, artifact=NAMES, filename=st.text(max_size=30)),
        inputs=st.lists(
            st.one_of(
                st.builds(pb.InputSpec, generator=NAMES, tensor_name=st.text(max_size=10)),
                st.builds(pb.InputSpec, data=st.binary(max_size=80)),
                st.just(pb.InputSpec()),
            ),
            max_size=3,
        ),
        clock_hz=INT64,
        arena_size_bytes=INT64,
        timeout_cycles=st.integers(-(2**63), 1000),
        repeat_count=st.integers(-(2**63), 3),
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_nonsense_in_a_specification_is_refused_with_a_code_for_it(
    open_server: RunningServer, spec: pb.RunSpec
) -> None:
    try:
        run = open_server.stub.RunModel(pb.RunModelRequest(spec=spec), timeout=30)
    except grpc.RpcError as error:
        code = error.code()
    else:
        code = None if run.HasField("result") else grpc.StatusCode.UNKNOWN
    assert code is None or code in CODES_OF_BAD_REQUESTS


@pytest.mark.parametrize(
    "options", [{"clock_hz": 2**62}, {"arena_size_bytes": 2**62}, {"repeat_count": 2**62}]
)
def test_huge_numbers_are_refused_or_bounded(open_server: RunningServer, options: dict[str, int]) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        open_server.stub.RunModel(pb.RunModelRequest(spec=digit_spec(**options)), timeout=30)
    assert raised.value.code() in CODES_OF_BAD_REQUESTS


@given(name=NAMES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_name_reaches_nothing_outside_its_collection(open_server: RunningServer, name: str) -> None:
    stub = open_server.stub
    for call in (
        lambda: stub.GetArtifact(pb.GetArtifactRequest(name=name)),
        lambda: stub.GetRun(pb.GetRunRequest(name=name)),
        lambda: stub.DeleteRun(pb.DeleteRunRequest(name=name)),
        lambda: stub.CloseSession(pb.CloseSessionRequest(name=name)),
        lambda: stub.ListRuns(pb.ListRunsRequest(page_token=f"{name}x")),
    ):
        with pytest.raises(grpc.RpcError) as raised:
            call()
        assert raised.value.code() in CODES_OF_BAD_REQUESTS


def test_a_message_above_the_limit_is_refused(open_server: RunningServer) -> None:
    spec = digit_spec(inputs=[pb.InputSpec(data=bytes(17 << 20))])
    with pytest.raises(grpc.RpcError) as raised:
        open_server.stub.RunModel(pb.RunModelRequest(spec=spec))
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_batch_above_the_limit_is_refused(open_server: RunningServer) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        list(open_server.stub.RunBatch(pb.RunBatchRequest(specs=[digit_spec()] * 1001)))
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED

"""The Docker daemon: the one module that imports the Docker SDK. Podman's socket answers the same calls."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import docker
import requests.exceptions
from docker import errors as sdk
from docker.tls import TLSConfig

from harness.environments.attached import Attached
from harness.environments.container import Json
from harness.environments.daemon_records import Container, Image, Info, Volume, image_of, info_of
from harness.environments.dockerfile import Recipe
from harness.environments.endings import State
from harness.environments.endpoint import Endpoint
from harness.environments.pulling import PullFailed
from harness.environments.ssh_tunnel import Tunnel
from harness.errors import EnvironmentUnavailable

# Seconds for an answer of a daemon that has nothing long to do.
_ANSWER_S = 60
_OLDEST_API = (1, 40)


class DaemonGone(EnvironmentUnavailable):
    """The daemon does not answer (any more)."""


class BuildFailed(EnvironmentUnavailable):
    """The daemon ended a build; the message holds its last words."""


class Engine:
    """One connection. Every method raises ``DaemonGone`` where the daemon is not there."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._tunnel = Tunnel(endpoint.url) if endpoint.url.startswith("ssh://") else None
        self._url = self._tunnel.url if self._tunnel else endpoint.url
        try:
            with _talking(endpoint):
                self._api: Any = self._client("auto", _ANSWER_S)
        except DaemonGone as error:
            if self._tunnel is None:
                raise
            words = self._tunnel.words()
            self._tunnel.close()
            raise DaemonGone(f"{error} ({words})" if words else str(error)) from error
        version = tuple(int(part) for part in self._api.api_version.split("."))
        if version < _OLDEST_API:
            raise EnvironmentUnavailable(
                f"the daemon at {endpoint.url} speaks API {self._api.api_version}: Docker 19.03 or newer is needed"
            )

    def close(self) -> None:
        self._api.close()
        if self._tunnel:
            self._tunnel.close()

    def _client(self, version: str, timeout_s: int) -> Any:
        """The SDK is typed in parts only. ``timeout_s`` bounds a silence, not a whole answer."""
        return docker.APIClient(base_url=self._url, version=version, timeout=timeout_s, tls=_tls(self.endpoint))

    def ping(self) -> None:
        with _talking(self.endpoint):
            self._api.ping()

    def info(self) -> Info:
        with _talking(self.endpoint):
            raw = self._api.info()
        return info_of(raw)

    def image(self, reference: str) -> Image | None:
        try:
            with _talking(self.endpoint):
                return image_of(self._api.inspect_image(reference))
        except sdk.NotFound:
            return None

    def tag(self, reference: str, name: str) -> None:
        """Give an image another name."""
        repository, _, tag = name.rpartition(":")
        with _talking(self.endpoint):
            self._api.tag(reference, repository, tag)

    def images(self, label: str) -> list[Image]:
        """Those that carry a label, with their labels."""
        with _talking(self.endpoint):
            raw = self._api.images(filters={"label": label}, all=False)
        return [found for entry in raw if (found := self.image(str(entry["Id"]))) is not None]

    def remove_image(self, reference: str) -> bool:
        """True where it is gone; false where a container still uses it."""
        try:
            with _talking(self.endpoint):
                self._api.remove_image(reference)
        except sdk.NotFound:
            return True
        except sdk.APIError:
            return False
        return True

    def pull(self, reference: str, on_message: Callable[[Mapping[str, object]], None], timeout_s: float) -> bool:
        """False where the daemon was silent past ``timeout_s``: it tells nothing while it unpacks a big layer. Raises
        ``PullFailed``, also by way of ``on_message``."""
        try:
            with (
                _talking(self.endpoint, waiting=True),
                contextlib.closing(self._client(self._api.api_version, max(1, int(timeout_s)))) as api,
            ):
                for message in api.pull(reference, stream=True, decode=True):
                    on_message(message)
        except requests.exceptions.ReadTimeout:
            return False
        except sdk.APIError as error:
            raise PullFailed(str(error.explanation or error)) from error
        return True

    def registry_digest(self, reference: str) -> str:
        """What the registry holds under a tag now. Raises ``PullFailed`` where it does not answer."""
        try:
            with _talking(self.endpoint):
                raw = self._api.inspect_distribution(reference)
        except sdk.APIError as error:
            raise PullFailed(str(error.explanation or error)) from error
        return str(raw["Descriptor"]["digest"])

    def build(
        self,
        recipe: Recipe,
        context: Iterable[bytes],
        labels: Mapping[str, str],
        timeout_s: float,
        on_message: Callable[[str], None],
    ) -> str:
        """Build and tag; the image's id. No step of it has a network. Raises ``BuildFailed``."""
        last: list[str] = []
        with _talking(self.endpoint, waiting=True), _build_errors(recipe):
            messages = self._api.build(
                fileobj=context,
                custom_context=True,
                tag=recipe.tag,
                buildargs=dict(recipe.arguments),
                labels=dict(labels),
                network_mode="none",
                rm=True,
                forcerm=True,
                timeout=int(timeout_s),
                decode=True,
            )
            for message in messages:
                text = str(message.get("stream") or message.get("error") or "").strip()
                if "error" in message:
                    raise BuildFailed(f"{recipe.tag} cannot be built: {' '.join([*last[-1:], text])}")
                if text:
                    last = [*last[-4:], text]
                    on_message(text)
        built = self.image(recipe.tag)
        if built is None:
            raise BuildFailed(f"{recipe.tag} cannot be built: the daemon reported no error and left no image")
        return built.id

    def create(self, configuration: Json, name: str) -> str:
        """The container's id. Raises ``docker.errors.APIError`` as ``Refused``."""
        with _talking(self.endpoint), _refusals():
            created = self._api.create_container_from_config(configuration, name)
        return str(created["Id"])

    def attach(self, container: str) -> Attached:
        """Standard input (for the leash) and both outputs. To be opened before the start, so that nothing is missed."""
        with _talking(self.endpoint), _refusals():
            stream = self._api.attach_socket(
                container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1, "logs": 0}
            )
        return Attached(stream)

    def start(self, container: str) -> None:
        with _talking(self.endpoint), _refusals():
            self._api.start(container)

    def wait(self, container: str, timeout_s: float) -> None:
        """Until it has ended. Raises ``TimeoutError`` after ``timeout_s`` seconds."""
        try:
            with _talking(self.endpoint, waiting=True), contextlib.suppress(sdk.NotFound):
                self._api.wait(container, timeout=timeout_s)
        except requests.exceptions.ReadTimeout as error:
            raise TimeoutError from error

    def state(self, container: str) -> State | None:
        """``None`` where there is no such container any more."""
        try:
            with _talking(self.endpoint):
                raw = self._api.inspect_container(container)["State"]
        except sdk.NotFound:
            return None
        return State(raw["Status"], int(raw["ExitCode"]), bool(raw.get("OOMKilled")), str(raw.get("Error") or ""))

    def remove(self, container: str) -> None:
        """End it where it runs, and remove it with its own volumes; that it is gone already is as good."""
        with _talking(self.endpoint), contextlib.suppress(sdk.APIError):
            self._api.remove_container(container, v=True, force=True)

    def kill(self, container: str) -> None:
        with _talking(self.endpoint), contextlib.suppress(sdk.APIError):
            self._api.kill(container)

    def containers(self, label: str) -> list[Container]:
        """All that carry a label, running or not."""
        with _talking(self.endpoint):
            raw = self._api.containers(all=True, filters={"label": label})
        return [
            Container(str(entry["Id"]), str(entry["State"]), str(entry["ImageID"]), entry.get("Labels") or {})
            for entry in raw
        ]

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        with _talking(self.endpoint), _refusals():
            self._api.create_volume(name, labels=dict(labels))

    def remove_volume(self, name: str) -> None:
        """That it is gone already, or still in use, is as good: the next run looks again."""
        with _talking(self.endpoint), contextlib.suppress(sdk.APIError):
            self._api.remove_volume(name)

    def volumes(self, label: str) -> list[Volume]:
        """All that carry a label."""
        with _talking(self.endpoint):
            raw = self._api.volumes(filters={"label": label})
        return [Volume(str(entry["Name"]), entry.get("Labels") or {}) for entry in raw.get("Volumes") or ()]

    def put(self, container: str, path: str, archive: Iterable[bytes]) -> None:
        """Unpack a tar, given in pieces, below a folder of a container, running or not."""
        with _talking(self.endpoint), _refusals():
            # A list would be taken for a form's fields.
            self._api.put_archive(container, path, iter(archive))

    def get(self, container: str, path: str) -> Iterator[bytes]:
        """A folder of a container as a tar, in pieces."""
        with _talking(self.endpoint), _refusals():
            pieces, _ = self._api.get_archive(container, path)
            yield from pieces


class Refused(Exception):
    """The daemon did not make or start a container; ``str`` is its message."""


def _tls(endpoint: Endpoint) -> TLSConfig | bool:
    folder = endpoint.certificates
    if folder is None:
        return False
    client = (str(folder / "cert.pem"), str(folder / "key.pem"))
    return TLSConfig(client_cert=client, ca_cert=str(folder / "ca.pem"), verify=True)


@contextlib.contextmanager
def _talking(endpoint: Endpoint, *, waiting: bool = False) -> Iterator[None]:
    """One word for all the ways in which a daemon can be away. Where ``waiting`` is set, silence is none of them."""
    try:
        yield
    except requests.exceptions.ReadTimeout as error:
        if waiting:
            raise
        raise DaemonGone(f"the daemon at {endpoint.url} does not answer for {_ANSWER_S} s") from error
    except (
        requests.exceptions.ConnectionError,
        requests.exceptions.ChunkedEncodingError,
        ConnectionError,
        FileNotFoundError,
    ) as error:
        raise DaemonGone(_where(endpoint)) from error
    except sdk.DockerException as error:
        if isinstance(error, sdk.APIError):
            raise
        raise DaemonGone(f"{_where(endpoint)} ({_plainly(error)})") from error


def _plainly(error: BaseException) -> str:
    """What the system said, which the SDK and its library have wrapped several times over."""
    words, inner = str(error), error.__cause__ or error.__context__
    while inner is not None:
        words = inner.strerror if isinstance(inner, OSError) and inner.strerror else words
        inner = inner.__cause__ or inner.__context__
    return words


def _where(endpoint: Endpoint) -> str:
    return f"no Docker daemon answers at {endpoint.url} ({endpoint.origin}): start it, or set DOCKER_HOST"


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except sdk.APIError as error:
        raise Refused(str(error.explanation or error)) from error


@contextlib.contextmanager
def _build_errors(recipe: Recipe) -> Iterator[None]:
    try:
        yield
    except requests.exceptions.ReadTimeout as error:
        raise BuildFailed(f"{recipe.tag} cannot be built: the daemon was silent past the limit") from error
    except sdk.APIError as error:
        raise BuildFailed(f"{recipe.tag} cannot be built: {error.explanation or error}") from error

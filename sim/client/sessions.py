"""A session of a model, for programs with an event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sim.client.closing import AsyncClosing
from sim.client.invocations import Invocations
from sim.client.records import progress_of
from sim.client.requests import Input, Translation
from sim.inference import Progress
from sim.result import Result
from sim.v1 import simulator_pb2 as pb
from sim.wire.documents import result_from_document
from sim.wire.results import result_from_message


class AsyncSession(AsyncClosing):
    """A board on the server that is booted and ready.

    Parameters
    ----------
    opened
        The request that opened it, which knows the names of its files.
    invocations
        Calls to ask over.
    upload
        Sends the files of a request that the server does not have.
    release
        Ends the session.

    Attributes
    ----------
    name
        ``sessions/{id}``.
    """

    def __init__(
        self,
        name: str,
        opened: Translation,
        invocations: Invocations,
        upload: Callable[[Translation], Awaitable[None]],
        release: Callable[[], Awaitable[None]],
    ) -> None:
        self.name = name
        self._opened = opened
        self._invocations = invocations
        self._upload = upload
        self._release = release

    async def invoke(
        self, inputs: Sequence[Input] = (), progress: Callable[[Progress], None] | None = None
    ) -> Result:
        """Run inferences from the state right after boot.

        Parameters
        ----------
        inputs
            Files, generators or arrays: one for each input of the model.
        progress
            Called with signs of life; may raise to cancel the inferences.
        """
        translation = Translation()
        message = pb.InvokeRequest(
            session=self.name,
            inputs=translation.inputs(inputs),
            progress_wanted=True,  # always, because the last sign wakes this process in time for the result
            result_encoding=pb.RESULT_ENCODING_MESSAGE_PACK,
        )

        def on_progress(sign: pb.RunProgress) -> None:
            if progress is not None:
                progress(progress_of(sign))

        await self._upload(translation)
        with translation.restored_errors():
            answer = await self._invocations.ask(message, on_progress)
        if answer.HasField("document"):
            result = result_from_document(answer.document)
        else:  # a server that knows no encoding but the message
            result = result_from_message(answer.result)
        return self._opened.restore(translation.restore(result))

    async def close(self) -> None:
        """End the session."""
        await self._release()

# Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.
"""Frames: what travels besides events."""

from collections.abc import Mapping
from typing import Any

from .types import (
    AppendFrame,
    AuthFrame,
    CommandFrame,
    Model,
    PingFrame,
    StreamAckFrame,
    StreamCaughtUpFrame,
    StreamClosingFrame,
    StreamEndFrame,
    StreamErrorFrame,
    StreamGapFrame,
    StreamHeartbeatFrame,
    StreamJoinedFrame,
    StreamLeftFrame,
    StreamPongFrame,
    StreamReadyFrame,
    StreamReplayedFrame,
    StreamSubscribedFrame,
    StreamTokenExpiringFrame,
    StreamUnsubscribedFrame,
    SubscribeFrame,
    UnsubscribeFrame,
)

#: A frame of the service besides events.
StreamFrame = (
    StreamReadyFrame
    | StreamSubscribedFrame
    | StreamUnsubscribedFrame
    | StreamJoinedFrame
    | StreamLeftFrame
    | StreamReplayedFrame
    | StreamAckFrame
    | StreamCaughtUpFrame
    | StreamGapFrame
    | StreamHeartbeatFrame
    | StreamPongFrame
    | StreamTokenExpiringFrame
    | StreamErrorFrame
    | StreamClosingFrame
    | StreamEndFrame
)


#: A frame of a client.
ClientFrame = (
    SubscribeFrame
    | UnsubscribeFrame
    | AuthFrame
    | PingFrame
    | CommandFrame
    | AppendFrame
)


STREAM_FRAME_MODELS: Mapping[str, type[Model]] = {
    "stream.ready": StreamReadyFrame,
    "stream.subscribed": StreamSubscribedFrame,
    "stream.unsubscribed": StreamUnsubscribedFrame,
    "stream.joined": StreamJoinedFrame,
    "stream.left": StreamLeftFrame,
    "stream.replayed": StreamReplayedFrame,
    "stream.ack": StreamAckFrame,
    "stream.caught_up": StreamCaughtUpFrame,
    "stream.gap": StreamGapFrame,
    "stream.heartbeat": StreamHeartbeatFrame,
    "stream.pong": StreamPongFrame,
    "stream.token_expiring": StreamTokenExpiringFrame,
    "stream.error": StreamErrorFrame,
    "stream.closing": StreamClosingFrame,
    "stream.end": StreamEndFrame,
}


CLIENT_FRAME_MODELS: Mapping[str, type[Model]] = {
    "subscribe": SubscribeFrame,
    "unsubscribe": UnsubscribeFrame,
    "auth": AuthFrame,
    "ping": PingFrame,
    "command": CommandFrame,
    "append": AppendFrame,
}


def parse_stream_frame(value: Mapping[str, Any]) -> StreamFrame | None:
    """The frame as the model of its type; None for a type of a later version.

    Raises `pydantic.ValidationError` where a known frame is not what the contract says.
    """
    model: Any = STREAM_FRAME_MODELS.get(str(value.get("type")))
    if model is None:
        return None
    frame: StreamFrame = model.model_validate(value)
    return frame

"""An app of research plans, written from what its server tells: plans on one socket, a state of each made from its events.

Says what happens on stdout, a JSON object a line; does what stdin says: {"subscribe": id}, {"unsubscribe": id}, {"send": text},
{"binary": true}, {"state": true}; ends with its stdin.
"""

import asyncio
import json
import sys
from urllib.parse import quote

import websockets

#: Before the app connects again. Seconds.
AGAIN = 0.05


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class App:
    def __init__(self, url, client_id, plan_id, stays):
        self.url, self.client_id, self.plan_id, self.stays = url, client_id, plan_id, stays
        #: What the app has asked for, to be asked for again after a cut.
        self.wanted = [plan_id] if plan_id else []
        self.seen = set()
        self.plans = {}
        self.socket = None

    async def run(self):
        while True:
            try:
                async with websockets.connect(self.address()) as socket:
                    self.socket = socket
                    say(connected=True)
                    for plan_id in self.wanted[1:] if self.plan_id else self.wanted:
                        await self.ask("subscribe", plan_id)
                    async for text in socket:
                        if isinstance(text, bytes):
                            raise ValueError("a frame was binary")
                        self.take(json.loads(text))
                say(closed=socket.close_code)
            except websockets.InvalidStatus as error:
                say(refused=error.response.status_code)
            except (OSError, EOFError, websockets.WebSocketException) as error:
                say(cut=type(error).__name__)
            self.socket = None
            if not self.stays:
                return
            await asyncio.sleep(AGAIN)

    def address(self):
        query = f"?plan_id={quote(self.plan_id)}" if self.plan_id else ""
        base = self.url if "?" not in self.url else self.url.partition("?")[0]
        given = self.url.partition("?")[2]
        joined = query + ("&" if query and given else "?" if given else "") + given
        return f"{base}/api/v1/streaming/ws/{quote(self.client_id)}{joined}"

    async def ask(self, action, plan_id):
        await self.socket.send(json.dumps({"action": action, "plan_id": plan_id}))

    def take(self, frame):
        # An event that was told before the cut comes again: the same id, and nothing new.
        again = frame["event_id"] in self.seen
        self.seen.add(frame["event_id"])
        if not again:
            self.fold(frame["event_type"], frame["plan_id"], frame.get("step_id"), frame["data"])
        say(frame=frame, again=again)

    def fold(self, event_type, plan_id, step_id, data):
        plan = self.plans.setdefault(plan_id, {"status": "unknown", "steps": {}})
        if event_type == "plan_started":
            plan.update(status="running", query=data["query"], total_steps=data["total_steps"], research_type=data["research_type"])
        elif event_type == "plan_paused":
            plan["status"] = "paused"
        elif event_type == "plan_resumed":
            plan["status"] = "running"
        elif event_type == "plan_completed":
            plan["status"] = "completed"
        elif event_type == "plan_failed":
            plan.update(status="failed", error=data["error"])
        elif event_type == "step_started":
            plan["steps"][step_id] = {"status": "running", "progress": 0}
        elif event_type == "step_progress":
            plan["steps"][step_id]["progress"] = data["progress"]
        elif event_type == "step_completed":
            plan["steps"][step_id] = {"status": data["status"], "progress": 1, "quality_score": data["quality_score"]}
        elif event_type == "step_failed":
            plan["steps"][step_id]["status"] = "failed"

    async def obey(self, order):
        if "subscribe" in order:
            self.wanted.append(order["subscribe"])
            if self.socket:
                await self.ask("subscribe", order["subscribe"])
        elif "unsubscribe" in order:
            self.wanted = [each for each in self.wanted if each != order["unsubscribe"]]
            await self.ask("unsubscribe", order["unsubscribe"])
        elif "send" in order:
            await self.socket.send(order["send"])
        elif "binary" in order:
            await self.socket.send(b"\x00\x01")
        elif "state" in order:
            say(state=self.plans)


async def main():
    url, client_id, plan_id, stays = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "stays"
    app = App(url, client_id, plan_id, stays)
    orders = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    running = asyncio.create_task(app.run())
    while line := await orders.readline():
        await app.obey(json.loads(line))
    running.cancel()


asyncio.run(main())

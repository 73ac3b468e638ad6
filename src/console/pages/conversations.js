/** Conversations: which there are, what was said in one, and asking something in it. */
import { html, useEffect, useRef, useState } from "../view.min.js";
import { ago } from "../parts/format.js";
import { Icon } from "../parts/icons.js";
import { Loading, LongText, Notice, Trouble } from "../parts/pieces.js";
import { DEMO_KIND } from "../shell/start.js";
import { go, to } from "../state/route.js";
import { judged, session } from "../state/session.js";
import { sayError } from "../state/toast.js";
import { words } from "../words.js";

const AGAIN_MS = 250;
const { conversations: said } = words;

/** Reads now, and again whenever something happens to the set of tasks. */
function useLive(set, read, inputs) {
  const [found, setFound] = useState({ value: null, error: null });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer = 0;
    const again = async () => {
      timer = 0;
      try {
        const value = await read(signal);
        if (!signal.aborted) setFound({ value, error: null });
      } catch (error) {
        if (!signal.aborted) setFound((before) => ({ ...before, error: judged(error) }));
      }
    };
    const run = async () => {
      for await (const _ of session.value.client.followSet(set, { signal })) timer ||= setTimeout(again, AGAIN_MS);
    };
    void again();
    run().catch((error) => signal.aborted || setFound((before) => ({ ...before, error: before.value ? null : judged(error) })));
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, inputs);
  return found;
}

function List({ id }) {
  const { value, error } = useLive({ scope: "mine" }, (signal) => session.value.client.conversations({ limit: 50, signal }), []);
  const start = () => go(to("conversations", `talk-${crypto.randomUUID().slice(0, 8)}`));
  return html`<nav class="side" aria-labelledby="conversations-title"><div class="side-head"><${id === null ? "h1" : "h2"} id="conversations-title">${said.title}</${id === null ? "h1" : "h2"}><button type="button" class="button" id="conversation-new" onClick=${start}><${Icon} name="plus" /><span>${said.start}</span></button></div>
    ${error && !value && html`<p class="wrong" role="alert">${error.message}</p>`}
    ${!value && !error && html`<${Loading} />`}
    ${value && value.conversations.length === 0 && html`<p class="soft pad">${said.none}. ${said.noneMore}</p>`}
    <ul class="entries">${(value?.conversations ?? []).map((one) => html`<li key=${one.conversation_id}><a class="entry" href=${to("conversations", one.conversation_id)} aria-current=${one.conversation_id === id ? "true" : undefined}>
      <span class="entry-title" dir="auto">${one.preview ?? one.conversation_id}</span><span class="entry-facts"><span class="soft">${said.messages(one.messages)}</span><span class="soft">${said.tasks(one.tasks)}</span><span class="soft entry-time">${ago(one.updated_at)}</span></span></a></li>`)}</ul>
  </nav>`;
}

function Said({ message }) {
  return html`<li class=${`bubble by-${message.role}`}><p class="bubble-head"><strong>${words.timeline.role[message.role] ?? message.role}</strong><a class="soft" href=${to("tasks", message.task_id)}>${ago(message.time)}</a>${message.open && html`<span class="soft">${said.open}</span>`}</p><${LongText} text=${message.content} most=${4_000} />${message.open && html`<span class="caret" aria-hidden="true" />`}</li>`;
}

function One({ id }) {
  const [text, setText] = useState("");
  const [earlier, setEarlier] = useState([]);
  const [before, setBefore] = useState(undefined);
  const end = useRef(null);
  const { value, error } = useLive({ conversation_id: id }, (signal) => session.value.client.messages(id, { limit: 100, signal }).catch((why) => {
    // A conversation exists by being named in a task: before its first one there is nothing to read.
    if (["conversation_unknown", "not_found", "task_unknown"].includes(why.code)) return { messages: [], next: null };
    throw why;
  }), [id]);
  const shown = [...earlier, ...(value?.messages ?? [])];
  const count = value?.messages.length ?? 0;
  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [count]);
  const ask = async (event) => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === "") return;
    setText("");
    try {
      const { client } = session.value;
      const { task_id: task } = await client.create({ kind: `${DEMO_KIND}-answer`, title: wanted.slice(0, 120), input: { question: wanted }, conversation_id: id, queue: true });
      await client.command(task, "message", { text: wanted });
    } catch (why) {
      setText(wanted);
      sayError(why);
    }
  };
  const older = async () => {
    try {
      const page = await session.value.client.messages(id, { before: before ?? value.next, limit: 100 });
      setEarlier([...page.messages, ...earlier]);
      setBefore(page.next);
    } catch (why) {
      sayError(why);
    }
  };
  if (error && !value) return html`<${Trouble} error=${error} />`;
  const more = before === undefined ? value?.next : before;
  return html`<section class="talk" aria-label=${id}><h1><code>${id}</code></h1>
    <div class="talk-said" tabindex="0" role="log" aria-label=${said.title}>${more && html`<button type="button" class="button quiet" onClick=${older}>${said.older}</button>`}
      ${!value ? html`<${Loading} />` : shown.length === 0 ? html`<${Notice} title=${said.empty} icon="conversations" />` : html`<ol>${shown.map((message) => html`<${Said} key=${`${message.task_id} ${message.message_id}`} message=${message} />`)}</ol>`}<span ref=${end} /></div>
    <form class="say" onSubmit=${ask}><label class="unseen" for="talk-text">${said.ask}</label><input id="talk-text" dir="auto" autocomplete="off" placeholder=${`${said.ask}: ${said.placeholder}`} value=${text} onInput=${(event) => setText(event.target.value)} /><button class="button main" disabled=${text.trim() === ""}><${Icon} name="send" /><span>${said.send}</span></button></form>
  </section>`;
}

export function ConversationsPage({ id }) {
  return html`<div class="split"><${List} id=${id} />${id === null ? html`<div class="split-main"><${Notice} title=${said.pick} icon="conversations" /></div>` : html`<div class="split-main"><a class="to-list" href=${to("conversations")}><${Icon} name="back" /><span>${said.title}</span></a><${One} key=${id} id=${id} /></div>`}</div>`;
}


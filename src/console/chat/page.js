/** Tries the chat as its clients speak it: a WebSocket, frames of JSON, and nothing else. Whatever comes is shown as text. */

const at = (id) => document.getElementById(id);
/** Lines of progress and errors that are kept. */
const KEPT = 200;

let socket = null;
let tokens = 0;

function show(output, state, text) {
  output.dataset.state = state;
  output.textContent = text;
}

function line(list, text) {
  const item = document.createElement("li");
  item.textContent = text;
  list.append(item);
  while (list.children.length > KEPT) list.firstElementChild.remove();
}

const trouble = (text) => line(at("trouble"), text);

function connect() {
  disconnect();
  const address = new URL("/ws/chat", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const withToken = at("in-address").checked;
  if (withToken) address.searchParams.set("token", at("token").value.trim());
  show(at("state"), "connecting", "connecting…");
  show(at("who"), "none", "not signed in");
  const own = new WebSocket(address);
  socket = own;
  own.onopen = () => {
    show(at("state"), "open", "connected");
    if (withToken) show(at("who"), "signed-in", "by the address");
  };
  own.onmessage = ({ data }) => socket === own && read(data);
  own.onclose = ({ code, reason }) => {
    if (socket !== own) return;
    socket = null;
    show(at("state"), "lost", `closed: ${code}${reason === "" ? "" : ` ${reason}`}`);
    buttons();
  };
  buttons();
}

function disconnect() {
  const own = socket;
  socket = null;
  own?.close(1000);
  show(at("state"), "closed", "not connected");
  show(at("who"), "none", "not signed in");
  buttons();
}

function buttons() {
  at("connect").disabled = socket !== null;
  at("disconnect").disabled = socket === null;
}

/** Sends when the connection is there. */
function send(frame) {
  if (socket === null) connect();
  const own = socket;
  const text = JSON.stringify(frame);
  if (own.readyState === WebSocket.OPEN) own.send(text);
  else own.addEventListener("open", () => own.send(text), { once: true });
}

function read(data) {
  let frame;
  try {
    frame = JSON.parse(data);
  } catch {
    trouble(`not JSON: ${data}`);
    return;
  }
  switch (frame.type) {
    case "auth_success":
      show(at("who"), "signed-in", frame.user.name ?? frame.user.email ?? frame.user.id ?? "signed in");
      break;
    case "auth_error":
      show(at("who"), "refused", frame.message);
      trouble(frame.message);
      break;
    case "progress":
      line(at("steps"), `${frame.step}: ${frame.message}`);
      break;
    case "token":
      tokens += 1;
      at("count").textContent = tokens === 1 ? "1 piece" : `${tokens} pieces`;
      if (typeof frame.partial_response === "string") at("response").textContent = frame.partial_response;
      else at("response").append(frame.token);
      break;
    case "complete":
      at("response").textContent = frame.response;
      at("session").value = frame.session_id;
      at("metadata").textContent = JSON.stringify(frame.metadata, null, 2);
      at("metadata").hidden = false;
      at("send").disabled = false;
      break;
    case "error":
      trouble(`${frame.code}: ${frame.error}`);
      at("send").disabled = false;
      break;
    default:
      trouble(`a frame of an unknown type: ${data}`);
  }
}

/** Where the service runs without an issuer of its own, this machine's user has a token. */
async function localToken() {
  const answer = await fetch("/api/v1/auth/local", { method: "POST", headers: { "taskwire-local": "1" } });
  const told = await answer.json();
  if (!answer.ok) return trouble(told.detail ?? `the service answered ${answer.status}`);
  at("token").value = told.access_token;
}

at("connect").onclick = connect;
at("disconnect").onclick = disconnect;
at("local").onclick = () => localToken().catch((error) => trouble(error.message));
at("auth").onsubmit = (event) => {
  event.preventDefault();
  send({ type: "auth", token: at("token").value.trim() });
};
at("ask").onsubmit = (event) => {
  event.preventDefault();
  tokens = 0;
  at("count").textContent = "";
  at("response").textContent = "";
  at("metadata").hidden = true;
  at("steps").replaceChildren();
  send({ type: "message", message: at("text").value, session_id: at("session").value || null });
};

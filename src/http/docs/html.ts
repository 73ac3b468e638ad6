/** HTML that is safe by how it is made: whatever is put into a template is escaped, unless it is HTML that was made here. Pure. */

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A piece of HTML. Only `html` makes them. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may be put into a template: text and numbers are escaped, lists are put together, null is nothing. */
export type Piece = Html | string | number | null | readonly Piece[];

function textOf(piece: Piece): string {
  if (piece === null) return "";
  if (piece instanceof Html) return piece.text;
  if (typeof piece === "object") return piece.map(textOf).join("");
  return String(piece).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** A template of HTML. Attributes must stand in double quotes. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(parts.map((part, at) => part + textOf(pieces[at] ?? null)).join(""));
}

/** Pieces with another between them. */
export function joined(pieces: readonly Piece[], between: Piece): readonly Piece[] {
  return pieces.flatMap((piece, at) => (at === 0 ? [piece] : [between, piece]));
}

/** A block of code; reachable by the keyboard, for it may be wider than the screen. */
export function block(code: string, name: string, kind = ""): Html {
  return html`<pre class="${kind}" tabindex="0" aria-label="${name}"><code>${code}</code></pre>`;
}

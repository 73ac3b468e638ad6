/** From a program's output to lines. Pure: text in, lines out. */

export interface Line {
  readonly text: string;
  /** The line goes on in the next one: it was too long, or its program fell silent in the middle. */
  readonly partial: boolean;
}

export interface LineSplitter {
  feed(text: string): void;
  /** Whether a line has begun that has not ended. */
  readonly begun: boolean;
  /** Hands over what has begun: as a partial line, or as the last one. */
  flush(partial: boolean): void;
}

/** A line is handed over in parts of at most this many characters. */
const LONGEST_PART = 32 * 1024;
/** What a part may come to as JSON in UTF-8, so that its event stays below 64 KiB. */
const LONGEST_JSON = 56 * 1024;

const encoder = new TextEncoder();
const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/** Cuts a text into parts that each fit into an event; never inside a character. */
export function parts(text: string): string[] {
  if (text.length * 6 <= LONGEST_JSON) return [text];
  if (text.length <= LONGEST_PART && encoder.encode(JSON.stringify(text)).byteLength <= LONGEST_JSON) return [text];
  const middle = Math.min(LONGEST_PART, Math.ceil(text.length / 2));
  const cut = isHighSurrogate(text.charCodeAt(middle - 1)) ? middle - 1 : middle;
  return [...parts(text.slice(0, cut)), ...parts(text.slice(cut))];
}

/**
 * Splits at LF and CRLF. What a lone CR overwrites is no line, as on a terminal: it is given to `overwritten`, where a
 * progress bar shows itself, and the line is what stood there last.
 */
export function createLineSplitter(emit: (line: Line) => void, overwritten: (text: string) => void = () => {}): LineSplitter {
  let begun = "";
  /** What the last lone CR has overwritten. */
  let under = "";

  const hand = (text: string, partial: boolean): void => {
    const all = parts(text);
    all.forEach((part, at) => emit({ text: part, partial: partial || at < all.length - 1 }));
  };

  const endLine = (): void => {
    hand(begun === "" ? under : begun, false);
    begun = under = "";
  };

  const carriageReturn = (): void => {
    if (begun === "") return;
    overwritten(begun);
    under = begun;
    begun = "";
  };

  /** A CR at the very end may be half of a CRLF: it waits. */
  const take = (piece: string, last: boolean): void => {
    let from = 0;
    for (let at = piece.indexOf("\r"); at !== -1 && !(last && at === piece.length - 1); at = piece.indexOf("\r", from)) {
      begun += piece.slice(from, at);
      from = at + 1;
      carriageReturn();
    }
    begun += piece.slice(from);
  };

  return {
    feed(text) {
      if (text === "") return;
      let rest = text;
      if (begun.endsWith("\r")) {
        begun = begun.slice(0, -1);
        if (!rest.startsWith("\n")) carriageReturn();
      }
      for (let at = rest.indexOf("\n"); at !== -1; at = rest.indexOf("\n")) {
        take(rest.slice(0, at > 0 && rest[at - 1] === "\r" ? at - 1 : at), false);
        endLine();
        rest = rest.slice(at + 1);
      }
      take(rest, true);
      while (begun.length > LONGEST_PART) {
        const cut = isHighSurrogate(begun.charCodeAt(LONGEST_PART - 1)) ? LONGEST_PART - 1 : LONGEST_PART;
        hand(begun.slice(0, cut), true);
        begun = begun.slice(cut);
      }
    },
    get begun() {
      return begun !== "";
    },
    flush(partial) {
      const text = begun.endsWith("\r") ? begun.slice(0, -1) : begun;
      if (text !== "") hand(text, partial);
      else if (!partial && under !== "") hand(under, false);
      begun = under = "";
    },
  };
}

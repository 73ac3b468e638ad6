/** The contract's texts as HTML: the few marks of CommonMark that they use. Pure. */
import { Html, html, type Piece } from "./html.ts";

/** One line of text: `code`, **bold** and _emphasis_ of words that stand alone. */
export function inline(text: string): readonly Piece[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`") && part.length > 2) return html`<code>${part.slice(1, -1)}</code>`;
    if (part.startsWith("**") && part.length > 4) return html`<strong>${part.slice(2, -2)}</strong>`;
    return part;
  });
}

/** An anchor out of a heading. */
export const anchorOf = (heading: string): string => heading.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

/** The headings of a text, in order. */
export function headings(text: string): readonly string[] {
  return [...text.matchAll(/^### +(.+)$/gm)].map(([, heading]) => heading ?? "");
}

/** Paragraphs, headings (`###`) with anchors, and lists. */
export function prose(text: string): readonly Html[] {
  return text.split(/\n{2,}/).flatMap((paragraph) => {
    const [first = "", ...rest] = paragraph.split("\n");
    const heading = /^### +(.+)$/.exec(first)?.[1];
    const below = heading === undefined ? paragraph : rest.join("\n");
    const title = heading === undefined ? [] : [html`<h3 id="${anchorOf(heading)}">${inline(heading)}</h3>`];
    return below.trim() === "" ? title : [...title, body(below)];
  });
}

function body(text: string): Html {
  const item = /^(\d+\.|-) /;
  if (!item.test(text)) return html`<p>${inline(text.replaceAll("\n", " "))}</p>`;
  const items = text.split(/\n(?=(?:\d+\.|-) )/).map((each) => html`<li>${inline(each.replace(item, "").replace(/\n\s*/g, " "))}</li>`);
  return text.startsWith("-") ? html`<ul>${items}</ul>` : html`<ol>${items}</ol>`;
}

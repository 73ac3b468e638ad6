/** The error table, and what close codes tell. Pure. */
import type { AsyncApi } from "./contract.ts";
import { type Html, html } from "./html.ts";
import { inline } from "./prose.ts";

/** Every code with its status, its close code, whether trying again helps, and what to do. `/problems/CODE` leads here. */
export function errorTable({ "x-errors": { codes } }: AsyncApi): Html {
  const rows = Object.entries(codes).map(([code, { status, close, retryable, title, advice }]) => html`<tr id="error-${code}"><th scope="row"><a class="self" href="#error-${code}"><code>${code}</code></a></th><td>${status}</td><td>${close ?? "–"}</td><td>${retryable ? "yes" : "no"}</td><td><strong>${inline(title)}.</strong> ${inline(advice)}</td></tr>`);
  return html`<table class="codes"><thead><tr><th scope="col">Code</th><th scope="col">HTTP</th><th scope="col">Close</th><th scope="col">Again?</th><th scope="col">What it means, and what to do</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** What a client does by the range of a close code, known or not; then the codes one by one. */
export function closeTables({ "x-errors": { codes, closes } }: AsyncApi): readonly Html[] {
  const ends = [
    ...Object.entries(closes).map(([reason, { code, retryable, advice }]) => ({ reason, code, retryable, advice, error: false })),
    ...Object.entries(codes).flatMap(([reason, { close, retryable, advice }]) => (close === null ? [] : [{ reason, code: close, retryable, advice, error: true }])),
  ].sort((left, right) => left.code - right.code);
  const ranges = [
    ["1000", "The task is over. Do not come back."],
    ["4000 to 4499", "Connect again, from the last cursor, with back-off; with a new token where the old one has ended (4401)."],
    ["4500 to 4999", "Do not connect again: the same would be refused once more."],
    ["Any other, or none", "The connection broke, or something between broke it. Connect again."],
  ] as const;
  return [
    html`<table><thead><tr><th scope="col">Close code</th><th scope="col">What a client does</th></tr></thead><tbody>${ranges.map(([code, meaning]) => html`<tr><th scope="row">${code}</th><td>${meaning}</td></tr>`)}</tbody></table>`,
    html`<table class="codes"><thead><tr><th scope="col">Close code</th><th scope="col">Reason</th><th scope="col">Again?</th><th scope="col">What to do</th></tr></thead><tbody>${ends.map(({ reason, code, retryable, advice, error }) => html`<tr id="close-${code}"><th scope="row">${code}</th><td>${error ? html`<a href="#error-${reason}"><code>${reason}</code></a>` : html`<code>${reason}</code>`}</td><td>${retryable ? "yes" : "no"}</td><td>${inline(advice)}</td></tr>`)}</tbody></table>`,
  ];
}

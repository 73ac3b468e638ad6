/** Counts for itself, independently of the client: every `seq` once and in order, over all cuts. */

/** A new count. */
export function createProof() {
  return { first: null, next: null, count: 0, wrong: 0, cuts: 0 };
}

/** Takes an event in; a merged one stands for all from its `first_seq` on, and a snapshot begins anew. */
export function prove(proof, { type, seq, first_seq: first = seq }) {
  if (type === "task.snapshot") proof.first = null;
  else if (proof.next !== null && first !== proof.next) proof.wrong += 1;
  proof.first ??= first;
  proof.next = seq + 1;
  proof.count += seq - first + 1;
}

/** The number up to which everything is here. */
export const provenTo = ({ next }) => (next ?? 1) - 1;

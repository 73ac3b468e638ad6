/** The open steps, messages, reasonings, tool calls and input requests while a request is judged. Copied when first changed. */
import type { ScopeFamily } from "../../generated/typescript/catalog.ts";
import { fingerprint } from "./hash.ts";
import type { OpenScope } from "./state.ts";

const PLAIN_ID = /^[A-Za-z0-9_.:-]{1,24}$/;

/** The name of a scope in the state: the family's letter and its id, or the id's fingerprint where that is long or strange. */
export function scopeKey(family: ScopeFamily, id: string): string {
  return family.charAt(0) + (PLAIN_ID.test(id) ? id : `~${fingerprint(id)}`);
}

export class Scopes {
  private own: Map<string, OpenScope> | null = null;
  private readonly before: ReadonlyMap<string, OpenScope>;
  private readonly most: number;

  constructor(before: ReadonlyMap<string, OpenScope>, most: number) {
    this.before = before;
    this.most = most;
  }

  get current(): ReadonlyMap<string, OpenScope> {
    return this.own ?? this.before;
  }

  get changed(): boolean {
    return this.own !== null;
  }

  private writable(): Map<string, OpenScope> {
    return (this.own ??= new Map(this.before));
  }

  /** Whether it was started and not closed since. */
  isOpen(key: string): boolean {
    return this.current.get(key)?.implied === false;
  }

  /** Opens a scope; one that was only implied keeps its percent. False where there is no place. `expiresAt`: when it is over by itself. */
  open(key: string, expiresAt: number | null): boolean {
    const percent = this.current.get(key)?.percent ?? null;
    if (!this.current.has(key) && !this.makePlace()) return false;
    this.writable().set(key, { percent, implied: false, expiresAt });
    return true;
  }

  /** The highest percent told of it in this attempt. */
  highest(key: string): number | null {
    return this.current.get(key)?.percent ?? null;
  }

  /** Remembers a percent, also of something that was never started while there is a place for it. */
  raise(key: string, percent: number): void {
    const scope = this.current.get(key);
    if (scope !== undefined) this.writable().set(key, { ...scope, percent });
    else if (this.makePlace()) this.writable().set(key, { percent, implied: true, expiresAt: null });
  }

  close(key: string): void {
    if (this.current.has(key)) this.writable().delete(key);
  }

  closeAll(): void {
    if (this.current.size > 0) this.own = new Map();
  }

  /** A new attempt counts from the beginning. */
  forgetPercents(): void {
    for (const [key, scope] of this.current) if (scope.percent !== null) this.writable().set(key, { ...scope, percent: null });
  }

  /** What was only implied gives way to what comes, the oldest first. */
  private makePlace(): boolean {
    if (this.current.size < this.most) return true;
    for (const [key, scope] of this.current) {
      if (!scope.implied) continue;
      this.writable().delete(key);
      return true;
    }
    return false;
  }
}

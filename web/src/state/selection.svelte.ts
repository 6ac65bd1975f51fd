// The chosen feature: what the finger hit, which of the hits is open, and its record once the server has answered.
import { ApiError, feature } from '../api/client';
import type { Feature } from '../api/types';
import type { Target } from '../url';
import { moment } from './moment.svelte';
import { session } from './session.svelte';

type Loaded =
  { status: 'loading' } | { status: 'ready'; feature: Feature } | { status: 'missing' } | { status: 'failed' };

function same(a: Target | null, b: Target | null): boolean {
  return a?.layer === b?.layer && a?.id === b?.id;
}

class Selection {
  hits = $state.raw<Target[]>([]);
  index = $state(0);
  loaded = $state.raw<Loaded>({ status: 'loading' });
  #request: AbortController | null = null;
  /** The day and the language that the record was asked for. */
  #asked = { day: null as string | null, lang: session.lang };
  /** Where the keyboard was when the card opened, to go back to. */
  #opener: Element | null = null;

  get target(): Target | null {
    return this.hits[this.index] ?? null;
  }

  open(hits: Target[]): void {
    if (hits.length === 0) return this.close();
    if (!this.target) this.#opener = document.activeElement;
    this.hits = hits;
    this.index = 0;
    void this.load();
  }

  step(by: number): void {
    this.index = (this.index + by + this.hits.length) % this.hits.length;
    void this.load();
  }

  close(): void {
    if (!this.target) return;
    this.#request?.abort();
    this.hits = [];
    this.index = 0;
    const opener = this.#opener;
    this.#opener = null;
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
  }

  /** Follows a link, back or forward: another of the same hits stays among them. */
  follow(target: Target | null): void {
    if (same(target, this.target)) return;
    if (!target) return this.close();
    const known = this.hits.findIndex((hit) => same(hit, target));
    if (known < 0) return this.open([target]);
    this.index = known;
    void this.load();
  }

  /** Asks for the open record again; the card stays as it is until there is an answer. */
  refresh(): void {
    void this.load(this.loaded.status !== 'loading');
  }

  /** On another day it is another record, and in another language it has other names around it. */
  travel(): void {
    if (moment.day !== this.#asked.day || session.lang !== this.#asked.lang) this.refresh();
  }

  async load(quietly = false): Promise<void> {
    const target = this.target;
    if (!target) return;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.#asked = { day: moment.day, lang: session.lang };
    if (!quietly) this.loaded = { status: 'loading' };
    try {
      const found = await feature(target, this.#asked, request.signal);
      if (!request.signal.aborted) this.loaded = { status: 'ready', feature: found };
    } catch (error) {
      if (request.signal.aborted) return;
      const missing = error instanceof ApiError && error.missing;
      if (missing || !quietly) this.loaded = { status: missing ? 'missing' : 'failed' };
    }
  }
}

export const selection = new Selection();

// The one search box: what is typed into it, and what the server has found for that.
import { ApiError, search as ask, type Question } from '../api/client';
import type { Found } from '../api/types';
import { longestQuestion, type Camera } from '../url';
import { session } from './session.svelte';

/** A pause in typing after which it is worth asking. */
const pause = 120;
/** When a register alone is asked, it tells this many. */
const ofOne = 50;
/** Seconds between attempts: what the server says, within reason. */
const shortest = 1;
const longest = 30;

class Search {
  text = $state('');
  open = $state(false);
  /** The one register that is asked; null: all. */
  only = $state<string | null>(null);
  /** The last good answer; it stays on screen until there is another one. */
  found = $state.raw<Found | null>(null);
  status = $state<'ready' | 'loading' | 'preparing' | 'failed'>('ready');
  /** What the link says: the text that was last asked about. */
  settled = $state<string | null>(null);
  /** Where the map has come to rest. */
  near: Camera | null = null;
  /** The question that `found` answers, and the one that is on its way. */
  #answered = $state('');
  #asked = '';
  /** The question waits for a pause in typing. */
  #waiting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;

  /** Whether what is on screen was found for what stands in the box. */
  get current(): boolean {
    return this.#answered === this.#topic;
  }

  get #topic(): string {
    return `${this.only ?? ''} ${this.text.trim()}`;
  }

  get #question(): Question {
    const question: Question = { q: this.text.trim(), lang: session.lang };
    // A hundred metres are enough to tell what is near.
    if (this.near) question.near = `${this.near.lon.toFixed(3)},${this.near.lat.toFixed(3)}`;
    if (this.only !== null) Object.assign(question, { layers: this.only, limit: ofOne });
    return question;
  }

  type(text: string, atOnce = false): void {
    this.text = text.slice(0, longestQuestion);
    this.only = null;
    this.open = true;
    this.#plan(atOnce ? 0 : pause);
  }

  clear(): void {
    this.text = '';
    this.only = null;
    this.settled = null;
    this.#stop();
  }

  /** Asks one register alone, or all of them again. */
  narrow(layer: string | null): void {
    this.only = layer;
    this.#plan(0);
  }

  /** Opens the list: what was found before is there at once, and is asked for anew where it may have changed. */
  show(): void {
    this.open = true;
    this.#plan(0);
  }

  close(): void {
    this.open = false;
    this.#stop();
    if (this.status !== 'ready') this.status = 'ready';
  }

  /** A link, back or forward: the same words, and what was found for them unless a card is open. */
  follow(text: string | null, open: boolean): void {
    if (text !== this.settled) {
      this.text = text ?? '';
      this.settled = text;
      this.only = null;
    }
    if (open && text !== null) this.show();
    else this.close();
  }

  /** Asks at once. */
  retry(): void {
    this.#asked = '';
    this.#plan(0);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#asked = '';
  }

  #plan(delay: number): void {
    const question = JSON.stringify(this.#question);
    // Asked already, unless it waits for a pause that is over now.
    if (question === this.#asked && !(delay === 0 && this.#waiting)) return;
    this.#stop();
    this.#asked = question;
    this.#waiting = delay > 0;
    if (delay === 0) void this.#ask();
    else this.#timer = setTimeout(() => void this.#ask(), delay);
  }

  async #ask(): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    this.#waiting = false;
    this.settled = this.text.trim() || null;
    const topic = this.#topic;
    this.status = this.status === 'preparing' ? 'preparing' : 'loading';
    try {
      const found = await ask(this.#question, request.signal);
      if (request.signal.aborted) return;
      this.found = found;
      this.#answered = topic;
      this.status = 'ready';
    } catch (error) {
      if (request.signal.aborted) return;
      this.#asked = '';
      const again = error instanceof ApiError ? error.again : null;
      this.status = again === null ? 'failed' : 'preparing';
      if (again === null) return;
      this.#timer = setTimeout(() => this.retry(), Math.min(Math.max(again, shortest), longest) * 1000);
    }
  }
}

export const search = new Search();

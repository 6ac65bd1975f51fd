// The history of one record, page by page, from the newest version back.
import { ApiError, history } from '../api/client';
import type { Version } from '../api/types';

export interface Asked {
  layer: string;
  id: number;
  version: number | null;
}

export class Past {
  status = $state<'loading' | 'ready' | 'missing' | 'failed'>('loading');
  versions = $state.raw<Version[]>([]);
  /** Where the next page begins; null: there is none. */
  next = $state<string | null>(null);
  #asked: Asked | null = null;
  #request: AbortController | null = null;

  /** Shows the history of a record; what was there stays while it is the same version of the same record. */
  look(asked: Asked): () => void {
    const known = this.#asked;
    const same = known?.layer === asked.layer && known.id === asked.id && known.version === asked.version;
    if (!same || this.status !== 'ready') {
      this.#asked = asked;
      this.versions = [];
      this.next = null;
      void this.more();
    }
    return () => this.#request?.abort();
  }

  /** The next page, or the first one. */
  async more(): Promise<void> {
    if (!this.#asked) return;
    const { layer, id } = this.#asked;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.status = 'loading';
    try {
      const page = await history(layer, id, this.next, request.signal);
      if (request.signal.aborted) return;
      this.versions = [...this.versions, ...page.versions];
      this.next = page.next;
      this.status = 'ready';
    } catch (error) {
      if (request.signal.aborted) return;
      const missing = error instanceof ApiError && (error.missing || error.status === 400);
      this.status = missing ? 'missing' : 'failed';
    }
  }
}

// A bare point that was looked for by its coordinates: it is marked on the map, and the nearest addresses are named.
import { addressesAt } from '../api/client';
import type { Hit } from '../api/types';
import { session } from './session.svelte';

class Place {
  hit = $state.raw<Hit | null>(null);
  nearest = $state.raw<Hit[]>([]);
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  #request: AbortController | null = null;

  open(hit: Hit): void {
    this.hit = hit;
    void this.load();
  }

  close(): void {
    this.#request?.abort();
    this.hit = null;
  }

  async load(): Promise<void> {
    const point = this.hit?.point;
    if (!point) return;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.status = 'loading';
    this.nearest = [];
    try {
      const nearest = await addressesAt(point, session.lang, request.signal);
      if (request.signal.aborted) return;
      this.nearest = nearest;
      this.status = 'ready';
    } catch {
      if (!request.signal.aborted) this.status = 'failed';
    }
  }
}

export const place = new Place();

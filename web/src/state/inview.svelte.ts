// The records of one register in the part of the city that the map shows: what a theme's panel counts and lists.
import { features } from '../api/client';
import type { Feature } from '../api/types';
import type { Box } from '../map/geometry';

/** More than this is not counted in the browser: the panel then says that its totals are incomplete. */
export const limit = 5000;
const pause = 250;

export class InView {
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  features = $state.raw<Feature[]>([]);
  partial = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;

  constructor(readonly layer: string) {}

  /** Asks for the records of a box once the map has rested there for a moment. Returns what stops it. */
  look(box: Box): () => void {
    this.#timer = setTimeout(() => void this.load(box), this.status === 'ready' ? pause : 0);
    return () => {
      clearTimeout(this.#timer);
      this.#request?.abort();
    };
  }

  async load(box: Box): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    if (this.status === 'failed') this.status = 'loading';
    const bbox = box.map((edge) => edge.toFixed(6)).join(',');
    try {
      const page = await features(this.layer, { bbox, limit }, request.signal);
      if (request.signal.aborted) return;
      this.features = page.features;
      this.partial = page.links.some(({ rel }) => rel === 'next');
      this.status = 'ready';
    } catch {
      if (!request.signal.aborted) this.status = 'failed';
    }
  }
}

// The records of one register in the part of the city that the map shows: what a theme's panel counts and lists.
import { untrack } from 'svelte';
import { features } from '../api/client';
import type { Box, Feature } from '../api/types';
import { boxOf, meet, within } from '../map/geometry';
import { changes } from './changes.svelte';
import { moment } from './moment.svelte';

/** More than this is not counted in the browser: the panel then says that its totals are incomplete. */
export const limit = 2000;
const pause = 250;

export class InView {
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  features = $state.raw<Feature[]>([]);
  partial = $state(false);
  /** The last box of which everything is known: moving within it asks nothing of the server until something changes. */
  #known: { box: Box; features: Feature[]; version: string } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;

  constructor(readonly layer: string) {}

  /** Shows the records of a box, asking for them once the map has rested there for a moment. Returns what stops it. */
  look(box: Box): () => void {
    const known = this.#known;
    const version = this.#version;
    if (known && known.version === version && within(box, known.box)) {
      this.features = known.features.filter(({ geometry }) => geometry && meet(boxOf(geometry), box));
      this.partial = false;
    } else {
      const first = untrack(() => this.status !== 'ready');
      this.#timer = setTimeout(() => void this.load(box), first ? 0 : pause);
    }
    return () => {
      clearTimeout(this.#timer);
      this.#request?.abort();
    };
  }

  /** Another one where the records may be others. */
  get #version(): string {
    return `${changes.version(this.layer)} ${moment.day ?? ''}`;
  }

  async load(box: Box): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    if (this.status === 'failed') this.status = 'loading';
    const version = this.#version;
    const day = moment.day;
    const bbox = box.map((edge) => edge.toFixed(6)).join(',');
    try {
      const page = await features(
        this.layer,
        { bbox, limit, ...(day === null ? {} : { datetime: day }) },
        request.signal,
      );
      if (request.signal.aborted) return;
      this.features = page.features;
      this.partial = page.links.some(({ rel }) => rel === 'next');
      this.#known = this.partial ? null : { box, features: page.features, version };
      this.status = 'ready';
    } catch {
      if (!request.signal.aborted) this.status = 'failed';
    }
  }
}

// What the city keeps: its registers, their groups, the style that draws them, and the name of the city itself.
import * as api from '../api/client';
import type { Style } from '../api/style';
import type { Box, Collection, Group, Text } from '../api/types';
import type { Tiles } from '../url';
import { moment } from './moment.svelte';

class Catalogue {
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  groups = $state.raw<Group[]>([]);
  collections = $state.raw<Collection[]>([]);
  style = $state.raw<Style | null>(null);
  city = $state.raw<Text | null>(null);
  /** What a visitor must know of the whole portal, for example that the city is invented. */
  note = $state.raw<Text | null>(null);
  /** The encoding of tiles that the link asks for; none: whatever the style says by itself. */
  tiles: Tiles | null = null;
  /** How many records the registers had on a day of the past. */
  #then = $state.raw<{ day: string; counts: Map<string, number> } | null>(null);
  #asked: string | null = null;

  async load(): Promise<void> {
    this.status = 'loading';
    try {
      const [{ groups, collections }, style] = await Promise.all([api.collections(), api.style(this.tiles)]);
      this.groups = groups;
      this.collections = collections.toSorted((a, b) => a.misto.order - b.misto.order);
      this.style = style;
      this.status = 'ready';
    } catch {
      this.status = 'failed';
      return;
    }
    await this.#loadCity();
  }

  find(id: string): Collection | undefined {
    return this.collections.find((one) => one.id === id);
  }

  /** How many records a register has, or had on the day that the page shows; null while that is not known. */
  count({ id, misto }: Collection): number | null {
    if (moment.day === null) return misto.count;
    return this.#then?.day === moment.day ? (this.#then.counts.get(id) ?? null) : null;
  }

  /** On another day there were other records. */
  travel(): void {
    const { day } = moment;
    if (day === this.#asked) return;
    this.#asked = day;
    if (day !== null) void this.#loadCounts(day);
  }

  /** A failure leaves the counts out. */
  async #loadCounts(day: string): Promise<void> {
    const counts = await api.countsOn(day).catch(() => null);
    if (counts && this.#asked === day) this.#then = { day, counts };
  }

  get empty(): boolean {
    return this.status === 'ready' && this.collections.every(({ misto }) => misto.count === 0);
  }

  /** Where the map opens: the city's boundary, or whatever has a place. */
  get extent(): Box | null {
    const place = (this.find('boundary')?.extent ?? this.collections.find(({ extent }) => extent)?.extent)?.spatial;
    const [west, south, east, north] = place?.bbox[0] ?? [];
    if (west === undefined || south === undefined || east === undefined || north === undefined) return null;
    return [west, south, east, north];
  }

  /** The heading is better with a name, but nothing depends on it: a failure leaves the general one. */
  async #loadCity(): Promise<void> {
    if (!this.find('boundary')?.misto.count) return;
    const page = await api.features('boundary', { limit: 1 }).catch(() => null);
    const { name, name_en, note, note_en } = page?.features[0]?.properties ?? {};
    this.city = bilingual(name, name_en);
    this.note = bilingual(note, note_en);
  }
}

function bilingual(uk: unknown, en: unknown): Text | null {
  if (typeof uk !== 'string') return null;
  return { uk, en: typeof en === 'string' ? en : uk };
}

export const catalogue = new Catalogue();

// What was chosen in the search box before: kept in this browser, never sent anywhere, forgotten on request.
import type { Hit } from '../api/types';
import { sameHit } from '../text/search';

const key = 'misto.recent';
const most = 6;

type Kept = Pick<Hit, 'layer' | 'id' | 'title' | 'subtitle' | 'point' | 'bbox'>;

function isNumbers(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length && value.every((one) => Number.isFinite(one));
}

/** Whatever another version, or a visitor's hand, has left there. */
function isKept(value: unknown): value is Kept {
  const { layer, id, title, subtitle, point, bbox } = Object(value) as Record<string, unknown>;
  const place = layer === null ? id === null && point !== null : typeof layer === 'string' && Number.isSafeInteger(id);
  const there = (point === null || isNumbers(point, 2)) && (bbox === null || isNumbers(bbox, 4));
  return place && there && typeof title === 'string' && typeof subtitle === 'string';
}

function hit({ layer, id, title, subtitle, point, bbox }: Kept): Hit {
  const why = { reasons: [], text: '' };
  return { layer, id, title, subtitle, point, bbox, marks: [], why, standing: null, score: 1, metres: null };
}

export class Recent {
  hits = $state.raw<Hit[]>([]);
  readonly #storage: Storage | null;

  constructor(storage: () => Storage) {
    // A browser may refuse storage altogether: then nothing is kept.
    try {
      this.#storage = storage();
      const kept: unknown = JSON.parse(this.#storage.getItem(key) ?? '[]');
      if (Array.isArray(kept)) this.hits = kept.filter(isKept).slice(0, most).map(hit);
    } catch {
      this.#storage ??= null;
    }
  }

  add(chosen: Hit): void {
    this.hits = [hit(chosen), ...this.hits.filter((one) => !sameHit(one, chosen))].slice(0, most);
    this.#write(() => {
      const kept = this.hits.map(({ layer, id, title, subtitle, point, bbox }): Kept => {
        return { layer, id, title, subtitle, point, bbox };
      });
      this.#storage?.setItem(key, JSON.stringify(kept));
    });
  }

  clear(): void {
    this.hits = [];
    this.#write(() => this.#storage?.removeItem(key));
  }

  #write(act: () => void): void {
    try {
      act();
    } catch {
      // full, or switched off meanwhile: it is remembered until the page is closed
    }
  }
}

export const recent = new Recent(() => localStorage);

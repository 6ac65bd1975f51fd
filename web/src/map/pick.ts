// What a finger means: from everything drawn under it, the features in the order in which a person would expect them.
import type { Target } from '../url';

export interface Hit extends Target {
  type: 'point' | 'line' | 'polygon';
  base: boolean;
  /** Pixels from the finger; 0 for areas and lines. */
  distance: number;
}

const byType = { point: 0, line: 1, polygon: 2 };

function rank(hit: Hit): number {
  return (hit.base ? 10 : 0) + byType[hit.type];
}

/** Hits arrive topmost first; registers go before the base map, small things before large ones, near before far. */
export function ordered(hits: Hit[]): Target[] {
  const seen = new Set<string>();
  return hits
    .toSorted((a, b) => rank(a) - rank(b) || a.distance - b.distance)
    .filter(({ layer, id }) => {
      const key = `${layer}/${id}`;
      return !seen.has(key) && seen.add(key);
    })
    .map(({ layer, id }) => ({ layer, id }));
}

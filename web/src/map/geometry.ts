// The little geometry that the page needs: where a feature is.
import type { Box, Geometry } from '../api/types';

export function boxOf(geometry: Geometry): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  function visit(part: number[] | number[][] | number[][][] | number[][][][]): void {
    const [x, y] = part;
    if (typeof x === 'number' && typeof y === 'number') {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    } else {
      for (const inner of part) if (typeof inner !== 'number') visit(inner);
    }
  }
  visit(geometry.coordinates);
  return box;
}

export function within([west, south, east, north]: Box, [w, s, e, n]: Box): boolean {
  return west >= w && south >= s && east <= e && north <= n;
}

export function meet([west, south, east, north]: Box, [w, s, e, n]: Box): boolean {
  return west <= e && east >= w && south <= n && north >= s;
}

/** The box and a part of its own size on each side, within the world that tiles know. */
export function grown([west, south, east, north]: Box, by: number): Box {
  const [wide, high] = [(east - west) * by, (north - south) * by];
  return [
    Math.max(west - wide, -180),
    Math.max(south - high, -85.06),
    Math.min(east + wide, 180),
    Math.min(north + high, 85.06),
  ];
}

export function area([west, south, east, north]: Box): number {
  return (east - west) * (north - south);
}

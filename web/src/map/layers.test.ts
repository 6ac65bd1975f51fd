// What a theme shows, what switches change, and what a finger means.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Style } from '../api/style';
import { collection } from '../testing';
import { boxOf, meet, within } from './geometry';
import { shownByTheme, switched, withSwitches } from './layers';
import { ordered } from './pick';
import { isBase, layersOf, registersOf } from './style';

const style = JSON.parse(readFileSync('../styles/light.json', 'utf8')) as Style;
const all = ['streets', 'addresses', 'kiosks', 'zoning', 'capital_works', 'appeals', 'benches'].map((id) =>
  collection(id),
);

describe('themes', () => {
  it('show their registers on the same ground, and what the style hides only when asked', () => {
    expect([...shownByTheme('registers', style, all)]).toEqual(['streets', 'addresses', 'kiosks']);
    expect([...shownByTheme('budget', style, all)]).toEqual(['streets', 'addresses', 'capital_works']);
  });

  it('keep only the switches that differ', () => {
    const shown = new Set(['kiosks']);
    const on = switched(shown, { on: [], off: [] }, 'zoning', true);
    expect(on).toEqual({ on: ['zoning'], off: [] });
    expect([...withSwitches(shown, on)]).toEqual(['kiosks', 'zoning']);
    const off = switched(shown, on, 'kiosks', false);
    expect([...withSwitches(shown, off)]).toEqual(['zoning']);
    expect(switched(shown, switched(shown, off, 'kiosks', true), 'zoning', false)).toEqual({ on: [], off: [] });
  });
});

describe('label points', () => {
  it('belong to the register whose areas they name', () => {
    expect(layersOf(style, 'districts').map(({ id }) => id)).toEqual(['districts-line', 'districts-name']);
    expect([...registersOf(style, 'base')].filter((id) => id.includes('labels'))).toEqual([]);
    expect(isBase(style, 'green')).toBe(true);
  });
});

describe('pick', () => {
  it('puts points before areas, registers before the ground, near before far, each once', () => {
    const hits = [
      { layer: 'buildings', id: 1, type: 'polygon', base: true, distance: 0 },
      { layer: 'parcels', id: 2, type: 'polygon', base: false, distance: 0 },
      { layer: 'kiosks', id: 3, type: 'point', base: false, distance: 8 },
      { layer: 'kiosks', id: 4, type: 'point', base: false, distance: 2 },
      { layer: 'kiosks', id: 3, type: 'point', base: false, distance: 8 },
    ] as const;
    expect(ordered([...hits]).map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  });
});

describe('box', () => {
  it('holds the whole of a feature, and is compared', () => {
    const ring = [
      [31, 49],
      [32, 49],
      [32, 50],
      [31, 49],
    ];
    expect(boxOf({ type: 'MultiPolygon', coordinates: [[ring]] })).toEqual([31, 49, 32, 50]);
    expect(within([1, 1, 2, 2], [0, 0, 3, 3])).toBe(true);
    expect(within([1, 1, 4, 2], [0, 0, 3, 3])).toBe(false);
    expect(meet([1, 1, 4, 2], [0, 0, 3, 3])).toBe(true);
    expect(meet([4, 1, 5, 2], [0, 0, 3, 3])).toBe(false);
    expect(boxOf({ type: 'Point', coordinates: [31, 49] })).toEqual([31, 49, 31, 49]);
  });
});

// An edit must reach every tile that may show it, and a tile that is loading must not end up with the older answer.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Box } from '../api/types';
import { within } from './geometry';
import { reach, Refresher, touches, type Shown, type TileId } from './touched';

/** The corner where four tiles of zoom 14 meet, and the size of one in degrees of longitude. */
const corner = { x: 9665, y: 5620, lon: (9665 / 2 ** 14 - 0.5) * 360, lat: 49.095452162535 };
const tile = 360 / 2 ** 14;

function point(lon: number, lat: number): Box {
  return [lon, lat, lon, lat];
}

describe('touches', () => {
  const { x, y, lon, lat } = corner;
  const touched = (box: Box): string[] =>
    [-2, -1, 0, 1].flatMap((dx) =>
      [-2, -1, 0, 1].filter((dy) => touches(box, { z: 14, x: x + dx, y: y + dy })).map((dy) => `${dx},${dy}`),
    );

  it('is the one tile in whose middle a point lies', () => {
    expect(touched(point(lon + tile / 2, lat - 0.005))).toEqual(['0,0']);
  });

  it('is all four tiles round a corner', () => {
    expect(touched(point(lon, lat))).toEqual(['-1,-1', '-1,0', '0,-1', '0,0']);
  });

  it('reaches as far as a tile holds what lies beyond its edge', () => {
    expect(touched(point(lon + (tile * 64) / 4096, lat - 0.005))).toEqual(['-1,0', '0,0']);
    expect(touched(point(lon + (tile * 66) / 4096, lat - 0.005))).toEqual(['0,0']);
  });

  it('is every tile between the corners of a box, at any zoom', () => {
    const box: Box = [lon - 1.5 * tile, lat - 0.005, lon + 0.5 * tile, lat + 0.005];
    expect(touched(box)).toEqual(['-2,-1', '-2,0', '-1,-1', '-1,0', '0,-1', '0,0']);
    expect(touches(box, { z: 0, x: 0, y: 0 })).toBe(true);
    expect(touches(box, { z: 10, x: Math.floor(x / 16), y: Math.floor(y / 16) })).toBe(true);
    expect(touches(box, { z: 10, x: Math.floor(x / 16) + 1, y: Math.floor(y / 16) })).toBe(false);
  });
});

describe('reach', () => {
  const view: Box = [corner.lon + tile * 0.2, corner.lat - 0.006, corner.lon + tile * 0.8, corner.lat - 0.002];

  it('is the ground of the tiles that the view uses, wherever the view is in them', () => {
    const ground = reach(view, 14);
    expect(ground[0]).toBeCloseTo(corner.lon - (tile * 65) / 4096, 9);
    expect(ground[2]).toBeCloseTo(corner.lon + tile + (tile * 65) / 4096, 9);
    expect(ground[3]).toBeGreaterThan(corner.lat);
    expect(within(view, ground)).toBe(true);
  });

  it('grows with the tiles, not beyond the world', () => {
    expect(within(reach(view, 14), reach(view, 12))).toBe(true);
    const world = reach(view, 0);
    expect([world[0], world[2]]).toEqual([-180, 180]);
    expect(world[3]).toBeCloseTo(85.0511, 3);
  });
});

describe('refresher', () => {
  class Tile implements Shown {
    tileID: Shown['tileID'];
    fading = false;
    constructor(
      readonly x: number,
      public state: string,
    ) {
      this.tileID = { key: `k${x}`, canonical: { z: 1, x, y: 0 } };
    }
    holdingForSymbolFade(): boolean {
      return this.fading;
    }
  }
  let tiles: Tile[];
  let asked: string[];
  let refresher: Refresher;
  const everything = (): boolean => true;

  beforeEach(() => {
    vi.useFakeTimers();
    tiles = [new Tile(0, 'loaded'), new Tile(1, 'loaded')];
    asked = [];
    const here = {
      getIds: () => tiles.map(({ tileID }) => tileID.key),
      getTileByID: (id: string) => tiles.find(({ tileID }) => tileID.key === id),
    };
    refresher = new Refresher(
      (source) => (source === 'kiosks' ? here : undefined),
      (source, ids: TileId[]) => {
        asked.push(...ids.map(({ x }) => `${source}/${x}`));
        for (const one of tiles) if (ids.some(({ x }) => x === one.x)) one.state = 'expired';
      },
    );
  });

  it('asks for touched tiles only', () => {
    refresher.touch('kiosks', ({ x }) => x === 1);
    refresher.touch('parcels', everything);
    expect(asked).toEqual(['kiosks/1']);
  });

  it('waits for what is loading, and asks then once for all edits meanwhile', () => {
    const [first] = tiles;
    refresher.touch('kiosks', ({ x }) => x === 0);
    refresher.touch('kiosks', ({ x }) => x === 0);
    refresher.touch('kiosks', ({ x }) => x === 0);
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual(['kiosks/0']);
    if (first) first.state = 'loaded';
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual(['kiosks/0', 'kiosks/0']);
  });

  it('does not forget a tile whose first answer is on its way, or whose labels fade', () => {
    const [first, second] = tiles as [Tile, Tile];
    first.state = 'loading';
    second.fading = true;
    refresher.touch('kiosks', everything);
    expect(asked).toEqual([]);
    first.state = 'loaded';
    second.fading = false;
    vi.advanceTimersByTime(100);
    expect(asked).toEqual(['kiosks/0', 'kiosks/1']);
  });

  it('forgets tiles that left the screen, and takes one that came back for another', () => {
    const [first] = tiles as [Tile];
    first.state = 'loading';
    refresher.touch('kiosks', ({ x }) => x === 0);
    tiles = [new Tile(0, 'loaded')];
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks again for a tile that failed', () => {
    (tiles as [Tile])[0].state = 'errored';
    refresher.touch('kiosks', ({ x }) => x === 0);
    expect(asked).toEqual(['kiosks/0']);
  });
});

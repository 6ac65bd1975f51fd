// Which tiles an edit touches, and how those on the screen are brought up to date without showing anything old.
import type { Box } from '../api/types';

export interface TileId {
  z: number;
  x: number;
  y: number;
}

/** Tiles hold what lies up to 64 of 4096 units beyond their edge; one more for rounding. In tiles. */
const margin = 65 / 4096;
/** How long to wait for a tile that is loading, in milliseconds, before looking again. */
const patience = 50;

/** From the west and from the north, as parts of the world's width (Web Mercator). */
function onWorld(lon: number, lat: number): [number, number] {
  const sine = Math.sin((Math.max(-85.06, Math.min(85.06, lat)) * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

function latitude(fromNorth: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * fromNorth))) * 180) / Math.PI;
}

/** A box in the tiles of a zoom, counted from the north-west corner of the world. */
function inTiles([west, south, east, north]: Box, zoom: number): Box {
  const [left, top] = onWorld(west, north).map((part) => part * 2 ** zoom) as [number, number];
  const [right, bottom] = onWorld(east, south).map((part) => part * 2 ** zoom) as [number, number];
  return [left, top, right, bottom];
}

/** Whether a tile may show something of what lies in the box. */
export function touches(box: Box, { z, x, y }: TileId): boolean {
  const [left, top, right, bottom] = inTiles(box, z);
  return right >= x - margin && left <= x + 1 + margin && bottom >= y - margin && top <= y + 1 + margin;
}

/** The ground of all tiles of a zoom that meet the view: what lies there is on the screen, or is one drag away from it. */
export function reach(view: Box, zoom: number): Box {
  const size = 2 ** zoom;
  const [left, top, right, bottom] = inTiles(view, zoom);
  const lon = (tiles: number): number => Math.max(-180, Math.min(180, (tiles / size - 0.5) * 360));
  const lat = (tiles: number): number => latitude(Math.max(0, Math.min(1, tiles / size)));
  return [
    lon(Math.floor(left) - margin),
    lat(Math.floor(bottom) + 1 + margin),
    lon(Math.floor(right) + 1 + margin),
    lat(Math.floor(top) - margin),
  ];
}

/** A tile on the screen, or on its way there, as MapLibre keeps it. */
export interface Shown {
  tileID: { key: string; canonical: TileId };
  state: string;
  holdingForSymbolFade(): boolean;
}

/** The tiles of one source. */
export interface Tiles {
  getIds(): string[];
  getTileByID(id: string): Shown | undefined;
}

/**
 * Has touched tiles loaded again. One that is loading already was perhaps answered before the edit, and MapLibre can't
 * tell two answers to one tile apart: its turn comes when the first has arrived.
 */
export class Refresher {
  #touched = new Map<Shown, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly tilesOf: (source: string) => Tiles | undefined,
    private readonly refresh: (source: string, tiles: TileId[]) => void,
  ) {}

  touch(source: string, isTouched: (tile: TileId) => boolean): void {
    const tiles = this.tilesOf(source);
    for (const id of tiles?.getIds() ?? []) {
      const tile = tiles?.getTileByID(id);
      if (tile && isTouched(tile.tileID.canonical)) this.#touched.set(tile, source);
    }
    this.#go();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #go(): void {
    clearTimeout(this.#timer);
    const due = new Map<string, TileId[]>();
    for (const [tile, source] of this.#touched) {
      const here = this.tilesOf(source)?.getTileByID(tile.tileID.key) === tile;
      if (here && !isSettled(tile)) continue;
      this.#touched.delete(tile);
      if (here) due.set(source, [...(due.get(source) ?? []), tile.tileID.canonical]);
    }
    for (const [source, tiles] of due) this.refresh(source, tiles);
    if (this.#touched.size > 0) this.#timer = setTimeout(() => this.#go(), patience);
  }
}

/** A tile that only waits for its labels to fade is not refreshed by MapLibre, but may be needed again. */
function isSettled(tile: Shown): boolean {
  return tile.state === 'errored' || (tile.state === 'loaded' && !tile.holdingForSymbolFade());
}

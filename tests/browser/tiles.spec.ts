// Every tile of the demo city, read by another implementation and held to the Vector Tile Specification 2.1 (§4).
import { VectorTile, type VectorTileFeature } from '@mapbox/vector-tile';
import { expect, test, type APIRequestContext } from '@playwright/test';
import { PbfReader } from 'pbf';

interface Collection {
  id: string;
  extent?: { spatial: { bbox: [[number, number, number, number]] } };
  misto: { zooms: { min: number; max: number }; geometry: 'point' | 'line' | 'polygon' };
}

const FIRST_ZOOM = 6;
const LAST_ZOOM = 16;
const BUFFER = 64;
const KIND = { point: 1, line: 2, polygon: 3 } as const;

test('every tile of the city keeps the specification', async ({ request }) => {
  test.setTimeout(240_000);
  const collections = await catalogue(request);
  const layers = collections.map(({ id }) => id).join(',');
  const faults: string[] = [];
  const seen = new Map<string, number>();
  for (let zoom = FIRST_ZOOM; zoom <= LAST_ZOOM; zoom++) {
    for (const address of addresses(collections, zoom)) {
      const answer = await request.get(`/tiles/${layers}/${address}`);
      expect([200, 204], address).toContain(answer.status());
      if (answer.status() === 204) continue;
      const tile = new VectorTile(new PbfReader(await answer.body()));
      for (const [name, layer] of Object.entries(tile.layers)) {
        const collection = collections.find(({ id }) => id === name);
        expect(collection, `layer ${name} of ${address}`).toBeDefined();
        expect([layer.version, layer.extent]).toEqual([2, 4096]);
        const ids = new Set<number>();
        for (let index = 0; index < layer.length; index++) {
          const feature = layer.feature(index);
          const fault = wrong(feature, KIND[collection?.misto.geometry ?? 'point'], ids);
          if (fault) faults.push(`${name} ${String(feature.id)} in ${address}: ${fault}`);
        }
        seen.set(name, (seen.get(name) ?? 0) + layer.length);
      }
    }
  }
  expect(faults.slice(0, 20)).toEqual([]);
  expect([...seen.keys()].sort(), 'every register shows in some tile').toEqual(collections.map(({ id }) => id).sort());
});

async function catalogue(request: APIRequestContext): Promise<Collection[]> {
  const answer = await request.get('/api/collections');
  const { collections } = (await answer.json()) as { collections: Collection[] };
  return collections.filter(({ extent }) => extent);
}

/** The tiles of a zoom that the collections' extents touch. */
function addresses(collections: Collection[], zoom: number): string[] {
  const boxes = collections.map(({ extent }) => extent?.spatial.bbox[0] ?? [0, 0, 0, 0]);
  const [west, south, east, north] = [0, 1, 2, 3].map((side) => {
    const values = boxes.map((box) => box[side] ?? 0);
    return side < 2 ? Math.min(...values) : Math.max(...values);
  }) as [number, number, number, number];
  const width = 2 ** zoom;
  const column = (lon: number) => Math.floor((lon / 360 + 0.5) * width);
  const row = (lat: number) => {
    const sine = Math.sin((lat * Math.PI) / 180);
    return Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * width);
  };
  const found: string[] = [];
  for (let x = column(west); x <= column(east); x++) {
    for (let y = row(north); y <= row(south); y++) found.push(`${zoom}/${x}/${y}`);
  }
  return found;
}

/** What is wrong with a feature; nothing where it is right. */
function wrong(feature: VectorTileFeature, kind: number, ids: Set<number>): string | null {
  if (feature.id === undefined || ids.has(feature.id)) return 'its id is missing or not unique in the layer';
  ids.add(feature.id);
  if (feature.type !== kind) return `its type is ${feature.type}`;
  const parts = feature.loadGeometry();
  if (parts.length === 0) return 'it has no geometry';
  const inside = (value: number) => value >= -BUFFER && value <= feature.extent + BUFFER;
  for (const [index, part] of parts.entries()) {
    if (!part.every(({ x, y }) => inside(x) && inside(y))) return 'it reaches beyond the buffer';
    if (kind === KIND.point) continue;
    if (part.length < 2) return 'a part has a single point';
    if (part.some((point, at) => at > 0 && point.equals(part[at - 1] ?? point))) return 'a point is repeated';
    if (kind === KIND.line) continue;
    const area = surveyor(part);
    if (part.length < 4 || area === 0) return 'a ring has no area';
    if (index === 0 && area < 0) return 'its first ring is an interior one';
  }
  return null;
}

/** Twice the area of a closed ring by the surveyor's formula (§4.3.4.4): positive for exterior rings. */
function surveyor(ring: { x: number; y: number }[]): number {
  let sum = 0;
  for (let at = 0; at + 1 < ring.length; at++) {
    const [from, to] = [ring[at], ring[at + 1]];
    if (from && to) sum += from.x * to.y - to.x * from.y;
  }
  return sum;
}

// Every tile of the demo city, read by another implementation and held to the Vector Tile Specification 2.1 (§4).
import { VectorTile, type VectorTileFeature } from '@mapbox/vector-tile';
import { expect, test } from '@playwright/test';
import { PbfReader } from 'pbf';
import { addresses, FIRST_ZOOM, LAST_ZOOM, registers } from './city';

/** From here on every feature is one record; further out, clusters and merged areas are many and have no id. */
const ALL_RECORDS = 14;
/** So many layers share a tile, as on a busy map: all of the city's in one would have to be thinned to fit. */
const TOGETHER = 8;
const BUFFER = 64;
const KIND = { point: 1, line: 2, polygon: 3 } as const;

test('every tile of the city keeps the specification', async ({ request }) => {
  test.setTimeout(240_000);
  const collections = await registers(request);
  const composites: string[] = [];
  for (let first = 0; first < collections.length; first += TOGETHER) {
    composites.push(
      collections
        .slice(first, first + TOGETHER)
        .map(({ id }) => id)
        .join(','),
    );
  }
  const faults: string[] = [];
  const seen = new Map<string, number>();
  for (let zoom = FIRST_ZOOM; zoom <= LAST_ZOOM; zoom++) {
    const places = addresses(collections, zoom);
    for (const address of composites.flatMap((layers) => places.map((place) => `${layers}/${place}`))) {
      const answer = await request.get(`/tiles/${address}`);
      expect([200, 204], address).toContain(answer.status());
      if (answer.status() === 204) continue;
      const tile = new VectorTile(new PbfReader(await answer.body()));
      for (const [name, layer] of Object.entries(tile.layers)) {
        // the names of areas lie in a layer of points beside them
        const register = name.replace(/_labels$/, '');
        const collection = collections.find(({ id }) => id === register);
        expect(collection, `layer ${name} of ${address}`).toBeDefined();
        const kind = register === name ? KIND[collection?.misto.geometry ?? 'point'] : KIND.point;
        expect([layer.version, layer.extent]).toEqual([2, 4096]);
        const ids = new Set<number | undefined>();
        for (let index = 0; index < layer.length; index++) {
          const feature = layer.feature(index);
          const fault = wrong(feature, kind, zoom, ids);
          if (fault) faults.push(`${name} ${String(feature.id)} in ${address}: ${fault}`);
        }
        seen.set(register, (seen.get(register) ?? 0) + layer.length);
      }
    }
  }
  expect(faults.slice(0, 20)).toEqual([]);
  expect([...seen.keys()].sort(), 'every register shows in some tile').toEqual(collections.map(({ id }) => id).sort());
});

/** What is wrong with a feature; nothing where it is right. */
function wrong(feature: VectorTileFeature, kind: number, zoom: number, ids: Set<number | undefined>): string | null {
  if (feature.id === undefined && zoom >= ALL_RECORDS) return 'its id is missing';
  if (feature.id !== undefined && ids.has(feature.id)) return 'its id is not unique in the layer';
  ids.add(feature.id);
  if (feature.properties['cluster'] === true) {
    if (feature.id !== undefined) return 'a cluster has the id of a record';
    if (Number(feature.properties['count']) < 2) return 'a cluster has a single member';
  }
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

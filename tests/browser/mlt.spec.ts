// MapLibre Tiles say what the vector tiles say: every tile of the demo city in both encodings, each read by its own reference decoder.
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { VectorTile, type VectorTileLayer } from '@mapbox/vector-tile';
import type * as Mlt from '@maplibre/mlt';
import { expect, test, type APIRequestContext } from '@playwright/test';
import { PbfReader } from 'pbf';
import { build } from 'vite';
import { addresses, FIRST_ZOOM, LAST_ZOOM, registers } from './city';

/** A tile as one text for each feature. */
type Told = Record<string, string[]>;

test('every tile says the same as MLT', async ({ request }) => {
  test.setTimeout(240_000);
  const { decodeTile } = await decoder();
  const collections = await registers(request);
  const layers = collections.map(({ id }) => id).join(',');
  const sizes = { mvt: 0, mlt: 0 };
  let seen = 0;
  for (let zoom = FIRST_ZOOM; zoom <= LAST_ZOOM; zoom++) {
    for (const address of addresses(collections, zoom)) {
      const path = `/tiles/${layers}/${address}`;
      let [mvt, mlt] = await Promise.all([get(request, path), get(request, `${path}.mlt`)]);
      if (!isDeepStrictEqual(tellMvt(mvt), tellMlt(decodeTile, mlt))) {
        // a test beside this one may have edited between the two requests
        [mvt, mlt] = await Promise.all([get(request, path), get(request, `${path}.mlt`)]);
      }
      expect(tellMlt(decodeTile, mlt), address).toEqual(tellMvt(mvt));
      sizes.mvt += gzipSync(mvt).length;
      sizes.mlt += gzipSync(mlt).length;
      seen += mvt.length > 0 ? 1 : 0;
    }
  }
  expect(seen).toBeGreaterThan(50);
  expect(sizes.mlt, 'it is smaller, too').toBeLessThan(sizes.mvt * 0.8);
  console.log(`${seen} tiles compressed: ${sizes.mvt} bytes as MVT, ${sizes.mlt} as MLT`);
});

async function get(request: APIRequestContext, path: string): Promise<Buffer> {
  const answer = await request.get(path);
  expect([200, 204], path).toContain(answer.status());
  return answer.body();
}

/** The package is written for bundlers: Node does not find its files. */
async function decoder(): Promise<typeof Mlt> {
  const entry = join(__dirname, '../../web/node_modules/@maplibre/mlt/dist/index.js');
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, lib: { entry, formats: ['es'] } },
  });
  const [{ output }] = built as unknown as [{ output: [{ code: string }] }];
  return (await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`)) as typeof Mlt;
}

function tellMvt(tile: Buffer): Told {
  const features = (layer: VectorTileLayer) => Array.from({ length: layer.length }, (_, index) => layer.feature(index));
  return tell(
    Object.entries(new VectorTile(new PbfReader(tile)).layers).map(([name, layer]) => [
      name,
      features(layer).map((feature) => [feature.id, feature.properties, feature.loadGeometry()]),
    ]),
  );
}

function tellMlt(decodeTile: typeof Mlt.decodeTile, tile: Buffer): Told {
  if (tile.length === 0) return {};
  return tell(
    decodeTile(new Uint8Array(tile)).map((layer) => [
      layer.name,
      layer.getFeatures().map(({ id, properties, geometry }) => [id, properties, geometry.coordinates]),
    ]),
  );
}

type Feature = [id: unknown, properties: Record<string, unknown>, parts: { x: number; y: number }[][]];

/** The order of properties is nobody's business, and MLT spells absence out. */
function tell(layers: [string, Feature[]][]): Told {
  const told = ([id, properties, parts]: Feature) => {
    const present = Object.entries(properties).filter(([, value]) => value !== null && value !== undefined);
    return JSON.stringify([id, present.sort(), parts.map((part) => part.map(({ x, y }) => [x, y]))]);
  };
  return Object.fromEntries(layers.map(([name, features]) => [name, features.map(told)]));
}

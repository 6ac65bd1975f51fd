// An archive that `misto tiles` wrote beside the running server: read with the `pmtiles` package, and drawn by MapLibre from a web server
// that knows nothing but files.
import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, type APIRequestContext } from '@playwright/test';
import { PMTiles, type Source } from 'pmtiles';
import { addresses, FIRST_ZOOM, LAST_ZOOM, registers } from './city';

const ROOT = join(__dirname, '../..');
/** Registers of the base map, which no other test edits meanwhile. */
const LAYERS = ['buildings', 'streets', 'green'];

test.describe.configure({ mode: 'serial' });

let folder = '';
let file: FileHandle;
let archive: PMTiles;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  folder = await mkdtemp(join(tmpdir(), 'misto-archive-'));
  const path = join(folder, 'city.pmtiles');
  const options = ['--var', process.env['MISTO_VAR'] ?? 'var', 'tiles', path, '--layers', LAYERS.join(',')];
  await promisify(execFile)(join(ROOT, 'target/release/misto'), [...options, '--zoom', `${FIRST_ZOOM}-${LAST_ZOOM}`], {
    cwd: ROOT,
  });
  file = await open(path);
  const source: Source = {
    getKey: () => path,
    getBytes: async (offset, length) => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
      return { data: buffer.buffer.slice(0, bytesRead) };
    },
  };
  archive = new PMTiles(source);
});

test.afterAll(async () => {
  await file.close();
  await rm(folder, { recursive: true });
});

test('the header and the metadata describe the city', async ({ request }) => {
  const header = await archive.getHeader();
  const collections = await layers(request);
  const boxes = collections.flatMap(({ extent }) => extent?.spatial.bbox ?? []);
  expect(header.clustered).toBe(true);
  expect([header.specVersion, header.tileType, header.tileCompression, header.internalCompression]).toEqual([
    3, 1, 2, 2,
  ]);
  expect(header.minLon).toBeCloseTo(Math.min(...boxes.map(([west]) => west)), 5);
  expect(header.maxLat).toBeCloseTo(Math.max(...boxes.map(([, , , north]) => north)), 5);
  expect(header.maxZoom).toBe(LAST_ZOOM);
  expect(header.numAddressedTiles).toBeGreaterThan(50);
  const metadata = (await archive.getMetadata()) as Record<string, unknown>;
  const ids = (metadata['vector_layers'] as { id: string }[]).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(LAYERS));
  expect(metadata['name']).toBeTruthy();
  expect(metadata['attribution']).toContain('OpenStreetMap');
});

test('every tile is the one that the server gives', async ({ request }) => {
  test.setTimeout(120_000);
  const collections = await layers(request);
  let found = 0;
  for (let zoom = FIRST_ZOOM; zoom <= LAST_ZOOM; zoom++) {
    for (const address of addresses(collections, zoom)) {
      const [z, x, y] = address.split('/').map(Number) as [number, number, number];
      const answer = await request.get(`/tiles/${LAYERS.join(',')}/${address}`);
      const tile = await archive.getZxy(z, x, y);
      expect(tile !== undefined, address).toBe(answer.status() === 200);
      if (tile) expect(Buffer.from(tile.data).equals(await answer.body()), address).toBe(true);
      found += tile ? 1 : 0;
    }
  }
  expect(found).toBe((await archive.getHeader()).numAddressedTiles);
});

test('MapLibre draws it', async ({ page }) => {
  const server = await files();
  const { port } = server.address() as AddressInfo;
  try {
    const { centerLon, centerLat } = await archive.getHeader();
    await page.goto(`http://127.0.0.1:${port}/?center=${centerLon},${centerLat}`);
    await expect(page).toHaveTitle('idle', { timeout: 30_000 });
    const buildings = await page.evaluate(() => window.drawn());
    expect(buildings.features).toBeGreaterThan(100);
    expect(buildings.red, 'of all pixels').toBeGreaterThan(0.02);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

declare global {
  interface Window {
    drawn(): { features: number; red: number };
  }
}

const PAGE = `<!doctype html><title>loading</title><style>html, body, #map { margin: 0; height: 100% }</style><div id="map"></div>
<script src="/pmtiles.js"></script>
<script type="module">
  import * as maplibre from '/maplibre-gl.mjs';
  maplibre.setWorkerUrl('/maplibre-gl-worker.mjs');
  maplibre.addProtocol('pmtiles', new pmtiles.Protocol().tile);
  const source = { type: 'vector', url: 'pmtiles://' + location.origin + '/city.pmtiles' };
  const fill = { id: 'buildings', type: 'fill', source: 'city', 'source-layer': 'buildings', paint: { 'fill-color': '#f00', 'fill-antialias': false } };
  const map = new maplibre.Map({
    container: 'map',
    center: new URLSearchParams(location.search).get('center').split(',').map(Number),
    zoom: 14,
    fadeDuration: 0,
    canvasContextAttributes: { preserveDrawingBuffer: true },
    style: { version: 8, sources: { city: source }, layers: [fill] },
  });
  map.on('error', ({ error }) => (document.title = String(error)));
  map.once('idle', () => (document.title = 'idle'));
  window.drawn = () => {
    const { width, height } = map.getCanvas();
    const copy = new OffscreenCanvas(width, height).getContext('2d');
    copy.drawImage(map.getCanvas(), 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    let red = 0;
    for (let at = 0; at < data.length; at += 4) red += data[at] > 200 && data[at + 1] < 50 && data[at + 3] > 200 ? 1 : 0;
    return { features: map.queryRenderedFeatures().length, red: red / (width * height) };
  };
</script>`;

async function layers(request: APIRequestContext): ReturnType<typeof registers> {
  return (await registers(request)).filter(({ id }) => LAYERS.includes(id));
}

/** A web server of files: the page, its scripts, and the archive by ranges. */
async function files(): Promise<Server> {
  const modules = join(ROOT, 'web/node_modules');
  const { size } = await stat(join(folder, 'city.pmtiles'));
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://files').pathname;
    const answer = async () => {
      if (name === '/') return response.setHeader('Content-Type', 'text/html; charset=utf-8').end(PAGE);
      if (name === '/city.pmtiles') {
        const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
        if (!first || !last) return response.writeHead(400).end();
        const end = Math.min(Number(last), size - 1);
        const length = end - Number(first) + 1;
        const { buffer } = await file.read(new Uint8Array(length), 0, length, Number(first));
        return response.writeHead(206, { 'Content-Range': `bytes ${first}-${end}/${size}` }).end(buffer);
      }
      const path = name === '/pmtiles.js' ? `pmtiles/dist${name}` : `maplibre-gl/dist${name}`;
      if (!['.js', '.mjs'].includes(extname(name))) return response.writeHead(404).end();
      return response.setHeader('Content-Type', 'text/javascript').end(await readFile(join(modules, path)));
    };
    answer().catch(() => response.writeHead(404).end());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

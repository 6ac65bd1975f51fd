// The portal's styles in somebody else's page: valid by MapLibre's specification, and drawn by a bare MapLibre.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { validateStyleMin, type StyleSpecification } from '@maplibre/maplibre-gl-style-spec';
import { expect, test } from '@playwright/test';
import { anItem } from './support';

const NAMES = readdirSync(join(__dirname, '../../styles'))
  .filter((file) => file.endsWith('.json'))
  .map((file) => basename(file));
const MAPLIBRE = join(__dirname, '../../web/node_modules/maplibre-gl/dist');
const PAGE = `<!doctype html><link rel="stylesheet" href="/maplibre/maplibre-gl.css"><div id="map" style="height: 600px"></div>
<script type="module">
import * as maplibre from '/maplibre/maplibre-gl.mjs';
maplibre.setWorkerUrl('/maplibre/maplibre-gl-worker.mjs');
window.maplibre = maplibre;
</script>`;

interface Drawn {
  errors: string[];
  layers: string[];
  colours: number;
}

test('there is a style', () => {
  expect(NAMES).not.toEqual([]);
});

for (const name of NAMES) {
  test(`${name} keeps MapLibre’s specification`, async ({ request }) => {
    const answer = await request.get(`/styles/${name}`);
    expect(answer.headers()['content-type']).toContain('json');
    const style = (await answer.json()) as StyleSpecification;
    expect(validateStyleMin(style).map(({ message }) => message)).toEqual([]);
  });

  test(`${name} is drawn by a bare MapLibre`, async ({ page }) => {
    await page.route('**/elsewhere.html', (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
    await page.route('**/maplibre/*', (route) => {
      const file = basename(new URL(route.request().url()).pathname);
      const contentType = file.endsWith('.css') ? 'text/css' : 'text/javascript';
      return route.fulfill({ contentType, body: readFileSync(join(MAPLIBRE, file)) });
    });
    await page.goto('/elsewhere.html');
    await page.waitForFunction(() => 'maplibre' in window);
    const { geometry } = await anItem(page, 'kiosks');
    const drawn = await page.evaluate(draw, { style: `/styles/${name}`, center: geometry.coordinates });
    expect(drawn.errors).toEqual([]);
    expect(drawn.layers).toEqual(expect.arrayContaining(['buildings', 'streets']));
    expect(drawn.colours).toBeGreaterThan(20);
  });
}

/** Runs in the page: draws the style until nothing is left to load, and says what is on the canvas. */
async function draw({ style, center }: { style: string; center: [number, number] }): Promise<Drawn> {
  const { maplibre } = window as unknown as { maplibre: typeof import('maplibre-gl') };
  const errors: string[] = [];
  const map = new maplibre.Map({
    container: 'map',
    style: new URL(style, location.href).href,
    center,
    zoom: 16,
    canvasContextAttributes: { preserveDrawingBuffer: true },
  });
  map.on('error', ({ error }) => errors.push(error.message));
  await new Promise((done) => map.once('idle', done));
  const drawn = map.getCanvas();
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [drawn.width, drawn.height];
  const context = copy.getContext('2d');
  context?.drawImage(drawn, 0, 0);
  const pixels = new Uint32Array(context?.getImageData(0, 0, copy.width, copy.height).data.buffer ?? []);
  const layers = map.queryRenderedFeatures().map(({ sourceLayer }) => sourceLayer ?? '');
  return { errors, layers: [...new Set(layers)], colours: new Set(pixels).size };
}

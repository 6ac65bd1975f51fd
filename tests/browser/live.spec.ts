// Edits made elsewhere show by themselves: somebody works at psql, and nobody reloads a page.
import { VectorTile } from '@mapbox/vector-tile';
import type { BrowserContext, Page, Request } from '@playwright/test';
import { PbfReader } from 'pbf';
import { touches, type TileId } from '../../web/src/map/touched';
import { around, card, expect, middle, open, psql, test, type Item } from './support';

/** Nothing else that a finger could hit. */
const alone = 'layers=-parcels,-advertising,-addresses,-buildings,-streets';
/** Degrees of longitude: about 46 pixels at zoom 16. */
const step = 0.0005;
const stepInPixels = (step / 360) * 512 * 2 ** 16;

// One after another: a page sees the edits of every test.
test.describe.configure({ mode: 'default' });

const undo: string[] = [];
test.afterEach(() => {
  for (const sql of undo.splice(0).reverse()) psql(sql);
});

/** Changes one record, until the test is over. */
function edit(table: string, id: number, column: string, to: string): void {
  const where = `where id = ${id}`;
  const before = psql(`select format('%s = %L', '${column}', ${column}::text) from registers.${table} ${where}`);
  undo.push(`update registers.${table} set ${before} ${where}`);
  psql(`update registers.${table} set ${column} = ${to} ${where}`);
}

/** The kiosks that have the most room around them, so that nothing is taken for another. */
async function lonely(page: Page): Promise<Item[]> {
  const answer = await page.request.get('/api/collections/kiosks/items?limit=500');
  const kiosks = ((await answer.json()) as { features: Item[] }).features.filter(({ geometry }) => geometry);
  const room = (one: Item): number => {
    const [x, y] = one.geometry.coordinates;
    const others = kiosks.filter((other) => other !== one).map(({ geometry }) => geometry.coordinates);
    return Math.min(...others.map(([lon, lat]) => Math.hypot(lon - x, lat - y)));
  };
  return kiosks
    .map((one) => ({ one, space: room(one) }))
    .sort((a, b) => b.space - a.space)
    .map(({ one }) => one);
}

/** Whether the map has something under this point that a click would open. */
async function something(page: Page, x: number, y: number): Promise<boolean> {
  await page.mouse.move(x + 1, y);
  await page.mouse.move(x, y);
  return page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise((done) => requestAnimationFrame(done));
    return document.querySelector<HTMLElement>('#map canvas')?.style.cursor === 'pointer';
  });
}

interface Asked extends TileId {
  source: string;
  after: string | undefined;
}

function tileOf(request: Request): Asked | null {
  const [, source, z, x, y] = /\/tiles\/([^/]+)\/(\d+)\/(\d+)\/(\d+)/.exec(request.url()) ?? [];
  if (source === undefined) return null;
  return { source, z: Number(z), x: Number(x), y: Number(y), after: request.headers()['misto-after'] };
}

/** Every tile that a page asks for from now on. */
function asked(page: Page): Asked[] {
  const tiles: Asked[] = [];
  page.on('request', (request) => {
    const tile = tileOf(request);
    if (tile) tiles.push(tile);
  });
  return tiles;
}

function show(page: Page, visibility: 'visible' | 'hidden'): Promise<void> {
  return page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visibility);
}

test.describe('two screens', () => {
  let other: BrowserContext;
  test.beforeEach(async ({ browser }) => {
    other = await browser.newContext();
  });
  test.afterEach(() => other.close());

  test('an edit shows on both, and only the tiles that it touches are asked for again', async ({ page }) => {
    test.slow();
    const [kiosk] = await lonely(page);
    if (!kiosk) throw new Error('no kiosks');
    const [lon, lat] = kiosk.geometry.coordinates;
    const screens = [page, await other.newPage()];
    const tiles = screens.map(asked);
    for (const screen of screens) await open(screen, `${around(kiosk, 16)}&${alone}`);
    const { x, y } = await middle(page);
    for (const screen of screens) expect(await something(screen, x, y)).toBe(true);

    const touched = (tile: TileId): boolean => touches([lon, lat, lon + step, lat], tile);
    for (const known of tiles) {
      expect(known.filter(({ source }) => source === 'kiosks').some((tile) => !touched(tile))).toBe(true);
      known.length = 0;
    }
    edit('kiosks', kiosk.id, 'geom', `st_translate(geom, ${step}, 0)`);
    for (const screen of screens) {
      await expect.poll(() => something(screen, x + stepInPixels, y)).toBe(true);
      await expect.poll(() => something(screen, x, y)).toBe(false);
      await screen.mouse.click(x + stepInPixels, y);
      await expect(screen).toHaveURL(new RegExp(`object=kiosks/${kiosk.id}`));
    }
    for (const again of tiles) {
      expect(again.length).toBeGreaterThan(0);
      expect(again.filter((tile) => tile.source !== 'kiosks' || !touched(tile))).toEqual([]);
      expect(again.filter(({ after }) => !after)).toEqual([]);
    }
  });
});

test('a record beyond all others of its register shows as well', async ({ page }) => {
  const [, kiosk] = await lonely(page);
  if (!kiosk) throw new Error('no kiosks');
  const answer = await page.request.get('/api/collections/kiosks');
  const { extent } = (await answer.json()) as { extent: { spatial: { bbox: [number[]] } } };
  const [east = 0, north = 0] = extent.spatial.bbox[0].slice(2);
  const place = { ...kiosk, geometry: { coordinates: [east + 0.02, north + 0.02] as [number, number] } };
  await open(page, `${around(place, 16)}&${alone}`);
  const { x, y } = await middle(page);
  expect(await something(page, x, y)).toBe(false);
  edit('kiosks', kiosk.id, 'geom', `st_setsrid(st_makepoint(${east + 0.02}, ${north + 0.02}), 4326)`);
  await expect.poll(() => something(page, x, y)).toBe(true);
});

test('an open card says what the register says now', async ({ page }) => {
  const [, , kiosk] = await lonely(page);
  if (!kiosk) throw new Error('no kiosks');
  await open(page, `?object=kiosks/${kiosk.id}`);
  const heading = card(page).getByRole('heading', { level: 2 });
  await expect(heading).toHaveText(String(kiosk.properties['title']));
  const place = page.url();
  edit('kiosks', kiosk.id, 'title', `'Перейменовано щойно'`);
  await expect(heading).toHaveText('Перейменовано щойно');
  expect(page.url(), 'the map stays where it is').toBe(place);
});

test('the figures of what is in view follow', async ({ page }) => {
  await open(page, '?theme=budget');
  const sum = page.locator('.sum').first();
  const before = await sum.textContent();
  const answer = await page.request.get('/api/collections/capital_works/items?limit=1');
  const [work] = ((await answer.json()) as { features: Item[] }).features;
  edit('capital_works', work?.id ?? 0, 'sum_planned', '987000000000');
  await expect(sum).not.toHaveText(before ?? '');
});

test('nobody is told while nobody looks, and the page catches up on return', async ({ page }) => {
  const [, , , kiosk] = await lonely(page);
  if (!kiosk) throw new Error('no kiosks');
  await open(page, `${around(kiosk, 16)}&${alone}`);
  const { x, y } = await middle(page);
  const tiles = asked(page);
  await show(page, 'hidden');
  edit('kiosks', kiosk.id, 'geom', `st_translate(geom, ${step}, 0)`);
  await page.waitForTimeout(1_500);
  expect(tiles).toEqual([]);
  expect(await something(page, x, y)).toBe(true);
  await show(page, 'visible');
  await expect.poll(() => something(page, x + stepInPixels, y)).toBe(true);
  expect(await something(page, x, y)).toBe(false);
});

test('the map reads MapLibre Tiles where the link asks for them', async ({ page }) => {
  const [kiosk] = await lonely(page);
  if (!kiosk) throw new Error('no kiosks');
  const addresses: string[] = [];
  page.on('response', (response) => {
    if (tileOf(response.request()) && response.status() === 200) addresses.push(new URL(response.url()).pathname);
  });
  await open(page, `${around(kiosk, 18)}&${alone}&tiles=mlt`);
  expect(addresses.length).toBeGreaterThan(0);
  expect(addresses.filter((address) => !address.endsWith('.mlt'))).toEqual([]);
  const { x, y } = await middle(page);
  await page.mouse.click(x, y);
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(String(kiosk.properties['title']));
  expect(page.url()).toContain('tiles=mlt');
});

test('a cluster opens by coming closer', async ({ page }) => {
  const answer = await page.request.get('/api/collections/appeals');
  const { extent } = (await answer.json()) as { extent: { spatial: { bbox: [number[]] } } };
  const [west = 0, south = 0, east = 0, north = 0] = extent.spatial.bbox[0];
  const zoom = 10;
  const column = Math.floor(((west + east) / 720 + 0.5) * 2 ** zoom);
  const sine = Math.sin((((south + north) / 2) * Math.PI) / 180);
  const row = Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 2 ** zoom);
  const body = await (await page.request.get(`/tiles/appeals/${zoom}/${column}/${row}`)).body();
  const { appeals } = new VectorTile(new PbfReader(body)).layers;
  const features = Array.from({ length: appeals?.length ?? 0 }, (_, index) => appeals?.feature(index));
  const clusters = features.filter((feature) => feature?.properties['cluster'] === true);
  const largest = clusters.sort((a, b) => Number(b?.properties['count']) - Number(a?.properties['count']))[0];
  if (!largest) throw new Error('no clusters in the middle of the city');
  expect(largest.id).toBeUndefined();
  const { geometry } = largest.toGeoJSON(column, row, zoom) as unknown as Item;
  await open(page, `${around({ id: 0, properties: {}, geometry }, zoom)}&theme=appeals`);
  const { x, y } = await middle(page);
  await page.mouse.click(x, y);
  await expect(page).toHaveURL(/map=12\//);
  await expect(card(page)).toHaveCount(0);
});

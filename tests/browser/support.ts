// What every browser test watches for by itself, and how tests find their way around a city they do not know.
import { execFileSync } from 'node:child_process';
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';

export interface Item {
  id: number;
  geometry: { coordinates: [number, number] };
  properties: Record<string, string | number | boolean | null>;
}

interface Watch {
  /** Console errors that a test brings about on purpose. */
  expected: RegExp[];
}

/** A page that fails its test on console errors, on violations of the CSP and on requests that leave the origin. */
export const test = base.extend<{ watch: Watch }>({
  watch: [
    async ({ page, baseURL }, use) => {
      const watch: Watch = { expected: [] };
      const trouble: string[] = [];
      const origin = new URL(baseURL ?? '').origin;
      page.on('console', (message) => {
        if (message.type() === 'error') trouble.push(message.text());
      });
      page.on('pageerror', (error) => trouble.push(String(error)));
      page.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) trouble.push(`left the origin: ${url}`);
      });
      await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
          console.error(`CSP: ${violatedDirective} ${blockedURI}`);
        });
      });
      await use(watch);
      expect(trouble.filter((text) => !watch.expected.some((known) => known.test(text)))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect } from '@playwright/test';

/** Does in the database what somebody at psql does, and gives what is printed. */
export function psql(sql: string): string {
  const database = process.env['MISTO_DATABASE'];
  if (!database) throw new Error('MISTO_DATABASE must name the database of the server under test');
  return execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', sql], {
    encoding: 'utf8',
  }).trim();
}

/** Opens a view and waits until the map has drawn it. */
export async function open(page: Page, search = ''): Promise<void> {
  await page.goto(`/${search}`);
  await drawn(page);
}

export async function drawn(page: Page): Promise<void> {
  await expect(page.locator('#map')).toHaveAttribute('data-state', 'idle', { timeout: 30_000 });
}

/** A record of a register, by the API that the page itself uses. */
export async function anItem(page: Page, layer: string, fits: (item: Item) => boolean = () => true): Promise<Item> {
  const answer = await page.request.get(`/api/collections/${layer}/items?limit=500`);
  const { features } = (await answer.json()) as { features: Item[] };
  const item = features.find((one) => one.geometry && fits(one));
  if (!item) throw new Error(`no suitable record in ${layer}`);
  return item;
}

/** The view that has the item exactly in the middle. */
export function around({ geometry }: Item, zoom = 18): string {
  const [lon, lat] = geometry.coordinates;
  return `?map=${zoom}/${lat.toFixed(5)}/${lon.toFixed(5)}`;
}

/** The middle of what is left of the map beside or above the panel. */
export async function middle(page: Page): Promise<{ x: number; y: number }> {
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  const panel = await page.locator('.panel-side, .sheet').first().boundingBox();
  if (!panel) throw new Error('no panel');
  if (panel.y > 0) return { x: width / 2, y: (112 + panel.y) / 2 };
  return { x: (panel.width + width) / 2, y: height / 2 };
}

export function card(page: Page): ReturnType<Page['locator']> {
  return page.locator('article.card');
}

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  expect(violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ html }) => html) }))).toEqual([]);
}

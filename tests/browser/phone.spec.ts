// The same city under a thumb: pills, a sheet with three stops, a tap.
import { anItem, around, card, expect, middle, open, test } from './support';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

test('a tap opens the card in the sheet, which leaves the feature in sight', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks', ({ properties }) => properties['standing'] === 'valid');
  await open(page, around(kiosk));
  const { x, y } = await middle(page);
  await page.touchscreen.tap(x, y);
  await expect(card(page)).toContainText(String(kiosk.properties['passport_number']));
  const sheet = await page.locator('.sheet').boundingBox();
  expect(sheet?.y).toBeGreaterThan(y);
});

test('a card opened from a full sheet shows its place, and the sheet can be put away', async ({ page }) => {
  await open(page, '?theme=budget');
  await page.getByRole('button', { name: 'Розгорнути панель' }).click();
  await page.getByRole('tabpanel').locator('.list button').first().tap();
  await expect(card(page)).toBeVisible();
  const height = async (): Promise<number> => (await page.locator('.sheet').boundingBox())?.height ?? 0;
  await expect.poll(height).toBeLessThan(420);
  await page.getByRole('button', { name: 'Розгорнути панель' }).click();
  await page.getByRole('button', { name: 'Згорнути панель' }).click();
  await expect.poll(height).toBeLessThan(140);
});

test('the handle walks the sheet through its stops', async ({ page }) => {
  await open(page);
  const height = async (): Promise<number> => (await page.locator('.sheet').boundingBox())?.height ?? 0;
  const half = await height();
  await page.getByRole('button', { name: 'Розгорнути панель' }).click();
  await expect.poll(height).toBeGreaterThan(half + 100);
  await page.getByRole('button', { name: 'Згорнути панель' }).click();
  await expect.poll(height).toBeLessThan(half - 100);
});

test('the sheet follows a finger', async ({ page }) => {
  await open(page);
  const handle = await page.getByRole('button', { name: 'Розгорнути панель' }).boundingBox();
  if (!handle) throw new Error('no handle');
  const x = handle.x + handle.width / 2;
  await page.mouse.move(x, handle.y + 10);
  await page.mouse.down();
  await page.mouse.move(x, handle.y + 150, { steps: 5 });
  await page.mouse.move(x, handle.y + 320, { steps: 5 });
  await page.mouse.up();
  await expect.poll(async () => (await page.locator('.sheet').boundingBox())?.height).toBeLessThan(140);
});

test('pills switch registers', async ({ page }) => {
  await open(page);
  const pill = page.getByRole('button', { name: 'Тимчасові споруди', exact: true });
  await expect(pill).toHaveAttribute('aria-pressed', 'true');
  await pill.tap();
  await expect(page).toHaveURL(/layers=-kiosks/);
});

test('nothing is wider than the screen, and targets are big enough for a thumb', async ({ page }) => {
  await open(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  for (const button of await page
    .locator('.controls button, .bar button, .bar input, .strip button, [role=tab]')
    .all()) {
    const box = await button.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(40);
  }
});

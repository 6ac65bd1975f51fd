// Many registers: found by a few letters, listed and folded, and taken along as files.
import { expect, expectAccessible, open, test } from './support';

test('a register is found by a few letters, in either language and without its apostrophe', async ({ page }) => {
  await open(page);
  const box = page.getByRole('combobox', { name: 'Пошук у місті' });
  const registers = page.getByRole('group', { name: 'Реєстри', exact: true }).getByRole('option');
  for (const letters of ['споруд', 'kiosk', 'кіоск']) {
    await box.fill(letters);
    await expect(registers.filter({ hasText: 'Тимчасові споруди' })).toBeVisible();
    await expect(registers.filter({ hasText: 'Зовнішня реклама' })).toHaveCount(0);
  }
  await box.fill('обєкти торг');
  await expect(registers.first()).toContainText('Об’єкти торгівлі');
});

test('a register that was looked for is switched on, and its line is shown in the list', async ({ page }) => {
  await open(page, '?theme=budget');
  const box = page.getByRole('combobox', { name: 'Пошук у місті' });
  await box.fill('зупинки');
  await page
    .getByRole('option', { name: /^Зупинки/ })
    .first()
    .click();
  await expect(page).toHaveURL(/layers=stops/);
  const panel = page.getByRole('tabpanel');
  await expect(panel.getByRole('switch', { name: 'Показувати на мапі: Зупинки' })).toBeChecked();
  await expect(panel.getByRole('button', { name: /^Зупинки/ })).toBeFocused();
  await expect(panel.getByRole('button', { name: /^Зупинки/ })).toBeInViewport();
  await expect(page.getByRole('listbox')).toHaveCount(0);
});

test('headings fold and unfold by hand, with the keyboard too, and say how much of them is on the map', async ({
  page,
}) => {
  await open(page);
  const group = page.getByRole('tabpanel').locator('details').filter({ hasText: 'Торгівля та реклама' }).first();
  await expect(group.getByText(/^на мапі \d+ з \d+$/)).toBeAttached();
  await expect(group).toHaveAttribute('open', '');
  await group.locator('> summary').press('Enter');
  await expect(group).not.toHaveAttribute('open', '');
  await group.locator('> summary').click();
  await expect(group).toHaveAttribute('open', '');
});

test('a register is taken along as a file, and in the legal form', async ({ page }) => {
  await open(page);
  const panel = page.getByRole('tabpanel');
  await panel.getByRole('button', { name: /Тимчасові споруди/ }).click();
  const csv = panel.getByRole('link', { name: 'CSV', exact: true });
  for (const name of ['CSV', 'Excel', 'GeoJSON', 'GeoPackage', 'Shapefile']) {
    await expect(panel.getByRole('link', { name, exact: true })).toBeVisible();
  }
  await expect(panel.getByRole('link', { name: /Набір за постановою 835/ })).toBeVisible();
  const file = page.waitForEvent('download');
  await csv.click();
  expect((await file).suggestedFilename()).toMatch(/^kiosks.*\.csv$/);
  await expectAccessible(page);
});

test.describe('phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the list of all registers opens without a hitch', async ({ page }) => {
    await open(page);
    await page.getByRole('button', { name: 'Розгорнути панель' }).click();
    const panel = page.getByRole('tabpanel');
    for (const summary of await panel.locator('details > summary').all()) {
      if ((await summary.locator('..').getAttribute('open')) === null) await summary.tap();
    }
    const took = await panel.evaluate(async (element) => {
      const frames: number[] = [];
      let last = performance.now();
      for (let frame = 0; frame < 30; frame++) {
        element.scrollTop += 60;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        frames.push(performance.now() - last);
        last = performance.now();
      }
      return frames.toSorted((a, b) => a - b)[Math.floor(frames.length / 2)] ?? 0;
    });
    // a software renderer draws the map as well; a list that lays itself out anew each frame takes much longer
    expect(took).toBeLessThan(120);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });
});

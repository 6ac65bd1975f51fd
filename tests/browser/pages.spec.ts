// Pages without scripts: the API, registers and records, read with scripts switched off, on a phone, in both schemes.
import { anItem, expect, expectAccessible, test } from './support';

const paths = [
  '/api',
  '/api/conformance',
  '/api/collections',
  '/api/collections/kiosks',
  '/api/collections/kiosks/queryables',
  '/api/collections/kiosks/items',
];

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, viewport: { width: 390, height: 844 } });
    for (const lang of ['uk', 'en']) {
      for (const path of paths) {
        test(`${path} ${lang}`, async ({ page }) => {
          await page.goto(`${path}?lang=${lang}`);
          await expect(page.locator('html')).toHaveAttribute('lang', lang);
          await expectAccessible(page);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
          expect(wide, 'the page is wider than the phone').toBe(false);
        });
      }
    }

    test('a record', async ({ page }) => {
      const { id } = await anItem(page, 'kiosks');
      await page.goto(`/api/collections/kiosks/items/${id}?lang=uk`);
      await expectAccessible(page);
      await page.getByRole('link', { name: 'Історія змін' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toContainText('історія змін');
      await expectAccessible(page);
    });
  });
}

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('a citizen finds the kiosks whose term has run out, and reads one', async ({ page }) => {
    await page.goto('/api/collections?lang=uk');
    await page.getByRole('link', { name: 'Тимчасові споруди' }).click();
    await page.getByRole('link', { name: 'Переглянути записи' }).click();
    await page.getByLabel('Стан', { exact: true }).selectOption('expired');
    await page.getByRole('button', { name: 'Показати' }).click();
    await expect(page.getByRole('status')).toContainText('Знайдено записів');
    const record = page.getByRole('row').nth(1).getByRole('link');
    const name = (await record.textContent()) ?? '';
    await record.click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
    await expect(page.locator('.standing').first()).toHaveText('строк сплив');
    await expect(page.getByRole('link', { name: 'На мапі' })).toHaveAttribute('href', /^\/\?object=kiosks\//);
  });
});

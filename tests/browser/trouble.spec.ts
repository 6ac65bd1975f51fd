// When something fails the page says so calmly and offers a way on.
import { card, expect, expectAccessible, open, test } from './support';

const failed = /Failed to load resource|net::ERR/;

test('a server that does not answer', async ({ page, watch }) => {
  watch.expected.push(failed);
  await page.route('**/api/collections', (route) => route.fulfill({ status: 503 }));
  await page.goto('/');
  await expect(page.getByRole('tabpanel')).toContainText('Сервер зараз не відповідає');
  await expectAccessible(page);
  await page.unroute('**/api/collections');
  await page.getByRole('button', { name: 'Спробувати ще раз' }).click();
  await expect(page.getByRole('tabpanel')).toContainText('Тимчасові споруди');
});

test('tiles that do not come', async ({ page, watch }) => {
  watch.expected.push(failed);
  await page.route('**/tiles/**', (route) => route.fulfill({ status: 500 }));
  await page.goto('/');
  await expect(page.getByText('Частина мапи не завантажилася')).toBeVisible();
  await page.unroute('**/tiles/**');
  const tile = page.waitForResponse((answer) => /\/tiles\//.test(answer.url()) && answer.ok());
  await page.getByRole('button', { name: 'Спробувати ще раз' }).click();
  await tile;
  await expect(page.getByText('Частина мапи не завантажилася')).toHaveCount(0);
});

test('a link to a record that is not there', async ({ page, watch }) => {
  watch.expected.push(failed);
  await open(page, '?object=kiosks/999999999');
  await expect(card(page)).toContainText('Такого об’єкта в реєстрі немає');
  await expectAccessible(page);
});

test('a city without data', async ({ page }) => {
  await page.route('**/api/collections', async (route) => {
    const answer = await route.fetch();
    // the catalogue of the registers is a collection too, of records and not of features
    const body = (await answer.json()) as { collections: { misto?: { count: number }; extent?: object }[] };
    for (const one of body.collections) {
      if (one.misto) one.misto.count = 0;
      delete one.extent;
    }
    await route.fulfill({ json: body });
  });
  await page.goto('/');
  await expect(page.getByRole('tabpanel')).toContainText('Місто ще не наповнило геопортал');
  await expectAccessible(page);
});

test('damaged parameters are no trouble', async ({ page }) => {
  await open(page, '?map=a/b/c&theme=x&layers=%00&object=../../etc&year=1&lang=xx');
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Реєстри');
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test('there are words, and a way to the data', async ({ page }) => {
    await page.goto('/');
    await expect(page.locator('.boot-noscript')).toContainText('Мапа працює за допомогою JavaScript');
    await expect(page.locator('.boot-noscript a').first()).toHaveAttribute('href', '/api/collections');
    await expect(page.locator('.boot')).toBeHidden();
  });
});

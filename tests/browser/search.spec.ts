// One box for the whole city: whatever a citizen remembers of a place leads to its card.
import type { Locator, Page } from '@playwright/test';
import { anItem, card, expect, expectAccessible, open, test, type Item } from './support';

const sizes = {
  desk: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

const failed = /Failed to load resource|net::ERR/;

const box = (page: Page): Locator => page.getByRole('combobox');
const options = (page: Page): Locator => page.getByRole('option');

// What the lists do does not depend on the drawing of the city, which takes a software renderer long.
test.beforeEach(({ page }) => page.route(/\/tiles\/[^/]+\/\d+\/\d+\/\d+/, (route) => route.fulfill({ status: 204 })));

/** An answer to just these words has come, and is on screen. */
async function type(page: Page, words: string): Promise<void> {
  const answer = page.waitForResponse((one) => {
    const url = new URL(one.url());
    return url.pathname === '/api/search' && url.searchParams.get('q') === words && one.ok();
  });
  await box(page).click();
  await box(page).fill(words);
  await answer;
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === words);
}

/** An address on a street with a long name, and that name as somebody types it in a hurry. */
async function misspelt(page: Page): Promise<{ address: Item; words: string }> {
  const plain = (item: Item): boolean => /^\d+$/.test(String(item.properties['house'])) && !item.properties['block'];
  const address = await anItem(page, 'addresses', (item) => {
    return plain(item) && /^вулиця \p{L}{8,}$/u.test(String(item.properties['street']));
  });
  const name = String(address.properties['street']).split(' ')[1] ?? '';
  return { address, words: `${name.slice(0, 4)}${name.slice(5)} ${address.properties['house']}`.toLowerCase() };
}

for (const [name, use] of Object.entries(sizes)) {
  test.describe(name, () => {
    test.use(use);

    test('the box is in sight from the start, and large enough for a thumb', async ({ page }) => {
      await open(page);
      await expect(box(page)).toBeInViewport();
      expect((await box(page).boundingBox())?.height).toBeGreaterThanOrEqual(44);
      await expect(page.getByRole('listbox')).toHaveCount(0);
    });

    test('an address with a slip of the finger leads to its card, and back to what was found', async ({ page }) => {
      const { address, words } = await misspelt(page);
      await open(page);
      await type(page, words);
      const title = `${address.properties['street']}, ${address.properties['house']}`;
      const first = page.getByRole('group', { name: 'Адреси', exact: true }).getByRole('option').first();
      await expect(first).toContainText(title);
      await expect(first.locator('mark').first()).toBeVisible();
      await first.click();
      await expect(page).toHaveURL(/object=addresses\/\d+/);
      await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(title);
      await expect(page).toHaveURL(/map=17\//);
      await expect(page.getByRole('listbox')).toHaveCount(0);
      await page.goBack();
      await expect(card(page)).toHaveCount(0);
      await expect(first).toContainText(title);
    });

    test('a register that is off is switched on with its record', async ({ page }) => {
      const stop = await anItem(page, 'stops');
      const title = String(stop.properties['name'] ?? stop.properties['title']);
      await open(page);
      await type(page, title);
      await page.getByRole('group', { name: 'Зупинки' }).getByRole('option').first().click();
      await expect(card(page).locator('.register')).toHaveText('Зупинки');
      await expect(page).toHaveURL(/layers=stops/);
    });

    test('coordinates are marked on the map, and lead to the nearest address', async ({ page }) => {
      const address = await anItem(page, 'addresses');
      const [lon, lat] = address.geometry.coordinates;
      await open(page);
      await type(page, `${lat.toFixed(6)}, ${lon.toFixed(6)}`);
      await box(page).press('Enter');
      const place = page.getByRole('article', { name: 'Місце за координатами' });
      await expect(place).toContainText('Найближчі адреси');
      await expect(page.locator('.maplibregl-marker')).toBeInViewport();
      const nearest = place
        .getByRole('button')
        .filter({ hasText: String(address.properties['house']) })
        .first();
      await expect(nearest).toContainText(String(address.properties['street']));
      await expectAccessible(page);
      await nearest.click();
      await expect(page).toHaveURL(/object=addresses\/\d+/);
      await expect(page.locator('.maplibregl-marker')).toHaveCount(0);
    });

    test('where nothing is found there are suggestions, and one tap takes one', async ({ page }) => {
      await open(page);
      await type(page, 'zzzzqqqqxxxx');
      await expect(page.getByText('Нічого не знайдено', { exact: true }).first()).toBeVisible();
      await expectAccessible(page);
      const answer = page.waitForResponse((one) => one.url().includes('/api/search?q='));
      await options(page).first().click();
      expect((await answer).ok()).toBe(true);
      await expect(box(page)).not.toHaveValue('zzzzqqqqxxxx');
      await expect(options(page).first()).toBeVisible();
    });

    test('one register alone can be asked for more, and there is a way back', async ({ page }) => {
      await open(page);
      await type(page, 'шевченка');
      const more = options(page).filter({ hasText: 'Показати більше' }).first();
      const asked = page.waitForRequest((one) => /[?&]layers=\w+/.test(one.url()) && one.url().includes('/api/search'));
      await more.click();
      await asked;
      const groups = page.getByRole('listbox').getByRole('group');
      await expect(groups).toHaveCount(1);
      expect(await options(page).count()).toBeGreaterThan(6);
      await options(page).filter({ hasText: 'Усі результати' }).click();
      await expect(groups.nth(1)).toBeVisible();
    });

    test('what was chosen is remembered here until it is forgotten', async ({ page }) => {
      const { address, words } = await misspelt(page);
      const title = `${address.properties['street']}, ${address.properties['house']}`;
      await open(page);
      await type(page, words);
      await options(page).filter({ hasText: title }).first().click();
      await expect(card(page)).toBeVisible();
      await open(page);
      await box(page).click();
      const recent = page.getByRole('group', { name: 'Нещодавні' }).getByRole('option');
      await expect(recent).toHaveText(new RegExp(title, 'i'));
      await expectAccessible(page);
      await recent.click();
      await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(title);
      await page.getByRole('button', { name: 'Закрити картку' }).click();
      await box(page).click();
      await page.getByRole('button', { name: 'Забути нещодавні' }).click();
      await expect(recent).toHaveCount(0);
      expect(await page.evaluate(() => localStorage.length)).toBe(0);
    });

    test('axe finds nothing in the lists', async ({ page }) => {
      await open(page);
      await box(page).click();
      await expect(options(page).first()).toBeVisible();
      await expectAccessible(page);
      await type(page, 'шевченка');
      await expect(options(page).first()).toBeVisible();
      await box(page).press('ArrowDown');
      await expectAccessible(page);
    });

    test('a server that fails leaves what was found, and can be asked again', async ({ page, watch }) => {
      watch.expected.push(failed);
      await open(page);
      await type(page, 'шевченка');
      const known = await options(page).first().textContent();
      await page.route('**/api/search?**', (route) => route.fulfill({ status: 500 }));
      await box(page).fill('шевченка 1');
      await expect(page.getByText('Пошук зараз не відповідає')).toBeVisible();
      await expect(
        options(page)
          .filter({ hasText: known?.trim() ?? '' })
          .first(),
      ).toBeVisible();
      await expectAccessible(page);
      await page.unroute('**/api/search?**');
      await page.getByRole('button', { name: 'Спробувати ще раз' }).click();
      await expect(page.getByText('Пошук зараз не відповідає')).toHaveCount(0);
    });
  });
}

test('with the keyboard alone: pick, come back, take the best', async ({ page }) => {
  const { address, words } = await misspelt(page);
  await open(page);
  await box(page).focus();
  await expect(page.getByRole('listbox')).toHaveCount(0);
  await page.keyboard.type(words);
  await expect(page.getByRole('group', { name: 'Адреси', exact: true })).toBeVisible();
  await expect(box(page)).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('ArrowDown');
  const first = options(page).first();
  await expect(first).toHaveAttribute('aria-selected', 'true');
  await expect(box(page)).toHaveAttribute('aria-activedescendant', (await first.getAttribute('id')) ?? '');
  await page.keyboard.press('ArrowUp');
  await expect(options(page).last()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Escape');
  await expect(box(page)).toHaveAttribute('aria-expanded', 'false');
  await expect(box(page)).toHaveValue(words);
  await page.keyboard.press('Enter');
  await expect(card(page).getByRole('heading', { level: 2 })).toBeFocused();
  await expect(card(page)).toContainText(String(address.properties['house']));
  await page.keyboard.press('Escape');
  await expect(card(page)).toHaveCount(0);
  await expect(box(page)).toBeFocused();
  await expect(page.getByRole('listbox')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(box(page)).toHaveValue('');
});

test('Enter that comes before the answer takes the best of the answer', async ({ page }) => {
  const { address, words } = await misspelt(page);
  await open(page);
  await box(page).fill(words);
  await box(page).press('Enter');
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(
    `${address.properties['street']}, ${address.properties['house']}`,
  );
});

test('how much was found is said aloud', async ({ page }) => {
  await open(page);
  await type(page, 'шевченка');
  await expect(page.getByRole('status').filter({ hasText: /^Знайдено \d+ результат/ })).toBeAttached();
});

test('a search is a link, and a click beside it puts it away', async ({ page }) => {
  await open(page, '?q=%D1%88%D0%B5%D0%B2%D1%87%D0%B5%D0%BD%D0%BA%D0%B0');
  await expect(box(page)).toHaveValue('шевченка');
  await expect(options(page).first()).toBeVisible();
  await page.mouse.click(1000, 400);
  await expect(page.getByRole('listbox')).toHaveCount(0);
  await expect(page).toHaveURL(/q=/);
});

test('English finds with English words around', async ({ page }) => {
  const { address, words } = await misspelt(page);
  await open(page, '?lang=en');
  await expect(box(page)).toHaveAccessibleName('Search the city');
  await type(page, words);
  await page.getByRole('group', { name: 'Addresses' }).getByRole('option').first().click();
  await expect(card(page)).toContainText(String(address.properties['house']));
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await expect(page.getByRole('group', { name: 'Recent' })).toBeVisible();
  await expectAccessible(page);
});

test('a search that is being prepared is waited for', async ({ page, watch }) => {
  watch.expected.push(failed);
  await open(page);
  let times = 0;
  await page.route('**/api/search?**', (route) => {
    times++;
    return times > 1 ? route.continue() : route.fulfill({ status: 503, headers: { 'Retry-After': '1' } });
  });
  await box(page).fill('шевченка');
  await expect(page.getByText('Пошук саме готується')).toBeVisible();
  await expect(options(page).first()).toBeVisible();
  await expect(page.getByText('Пошук саме готується')).toHaveCount(0);
});

test('typing on changes the entry of the history, not its length', async ({ page }) => {
  await open(page);
  const before = await page.evaluate(() => history.length);
  for (const words of ['ше', 'шевч', 'шевченка']) await type(page, words);
  expect(await page.evaluate(() => history.length)).toBe(before + 1);
  await page.goBack();
  await expect(box(page)).toHaveValue('');
  await expect(page.getByRole('listbox')).toHaveCount(0);
});

test.describe('on a phone', () => {
  test.use(sizes.phone);

  test('the list takes the whole screen, nothing behind it can be reached, and one tap leaves it', async ({ page }) => {
    await open(page);
    await type(page, 'шевченка');
    const list = await page.locator('.search').boundingBox();
    expect(list).toMatchObject({ x: 0, y: 0, width: 390, height: 844 });
    await expect(page.locator('.sheet').locator('..')).toHaveAttribute('inert', '');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    for (const option of await options(page).all()) {
      expect((await option.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
    await page.getByRole('button', { name: 'Закрити пошук' }).tap();
    await expect(page.getByRole('listbox')).toHaveCount(0);
    await expect(page.getByRole('tab', { selected: true })).toBeInViewport();
    await expect(box(page)).not.toBeFocused();
  });

  test('the keyboard stays away once something was chosen', async ({ page }) => {
    await open(page);
    await type(page, 'шевченка');
    await options(page).first().tap();
    await expect(card(page)).toBeVisible();
    await expect(box(page)).not.toBeFocused();
    await page.getByRole('button', { name: 'Закрити картку' }).tap();
    await expect(box(page)).not.toBeFocused();
  });
});

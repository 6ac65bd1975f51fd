// A citizen's first question: whose kiosk is this, and until when may it stand here.
import { anItem, around, card, expect, middle, open, test } from './support';

test('draws the city from its tiles', async ({ page }) => {
  const tile = page.waitForResponse(
    (answer) => /\/tiles\/[^/]+\/\d+\/\d+\/\d+/.test(answer.url()) && answer.status() === 200,
  );
  await open(page);
  expect((await (await tile).body()).length).toBeGreaterThan(100);
  await expect(page).toHaveTitle(/Геопортал/);
  await expect(page.locator('html')).toHaveAttribute('lang', 'uk');
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Реєстри');
});

test('draws its labels in the font that it brings along', async ({ page }) => {
  await open(page);
  const ready = await page.evaluate(() => document.fonts.check('500 16px "Noto Sans"', 'Їжакевича ґ є ’'));
  expect(ready).toBe(true);
});

test('a tap on a kiosk opens its card, with the permit', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks', ({ properties }) => properties['standing'] === 'valid');
  await open(page, around(kiosk));
  const { x, y } = await middle(page);
  await page.mouse.click(x, y);
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(String(kiosk.properties['title']));
  await expect(card(page)).toContainText(String(kiosk.properties['passport_number']));
  await expect(card(page)).toContainText(/дійсний до \d\d\.\d\d\.\d{4}/i);
  await expect(page).toHaveURL(new RegExp(`object=kiosks/${kiosk.id}`));
  await expect(page).toHaveTitle(new RegExp(String(kiosk.properties['title'])));
});

test('says that a term has passed', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks', ({ properties }) => properties['standing'] === 'expired');
  await open(page, `?object=kiosks/${kiosk.id}`);
  await expect(card(page)).toContainText(/строк сплив \d\d\.\d\d\.\d{4}/i);
});

test('a link to an object goes to the object', async ({ page }) => {
  const work = await anItem(page, 'capital_works');
  await open(page, `?object=capital_works/${work.id}`);
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(String(work.properties['title']));
  await expect(page).toHaveURL(/map=1[5-7]/);
  await expect(page).toHaveURL(/layers=capital_works/);
});

test('back closes the card, forward opens it again', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks');
  await open(page, around(kiosk));
  const { x, y } = await middle(page);
  await page.mouse.click(x, y);
  await expect(card(page)).toBeVisible();
  await page.goBack();
  await expect(card(page)).toHaveCount(0);
  await page.goForward();
  await expect(card(page)).toBeVisible();
});

test('a tap on nothing closes the card', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks');
  const off = 'layers=-parcels,-advertising,-addresses,-buildings,-streets';
  await open(page, `${around(kiosk, 20)}&${off}&object=kiosks/${kiosk.id}`);
  await expect(card(page)).toBeVisible();
  await page.mouse.click(1000, 100);
  await expect(card(page)).toHaveCount(0);
});

test('the link of a card can be copied', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks');
  await open(page, `?object=kiosks/${kiosk.id}`);
  await card(page).getByRole('button', { name: 'Копіювати посилання' }).click();
  await expect(card(page).getByRole('button', { name: 'Посилання скопійовано' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`object=kiosks/${kiosk.id}`);
});

test('several features under one finger can be paged through', async ({ page }) => {
  // where a billboard stands on a parcel, there is the parcel too
  const billboard = await anItem(page, 'advertising', ({ properties }) => properties['cadastral_number'] !== null);
  await open(page, around(billboard, 17));
  const { x, y } = await middle(page);
  await page.mouse.click(x, y);
  await expect(card(page).getByText(/^1 з \d+$/)).toBeVisible();
  const first = await card(page).getByRole('heading', { level: 2 }).textContent();
  await card(page).getByRole('button', { name: 'Наступний об’єкт у цьому місці' }).click();
  await expect(card(page).getByText(/^2 з \d+$/)).toBeVisible();
  await expect(card(page).getByRole('heading', { level: 2 })).not.toHaveText(first ?? '');
});

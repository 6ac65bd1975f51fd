// The three themes, their panels and their links; and both languages.
import { anItem, around, card, expect, open, test } from './support';

test('the budget adds up what is in view and leads to the works', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Бюджет на мапі' }).click();
  await expect(page).toHaveURL(/theme=budget/);
  const panel = page.getByRole('tabpanel');
  await expect(panel).toContainText('Очікувана вартість');
  await expect(panel).toContainText('₴');
  await panel.locator('.list button').first().click();
  await expect(card(page)).toContainText('Очікувана вартість');
  await page.keyboard.press('Escape');
  await expect(card(page)).toHaveCount(0);
});

test('the budget of one year is a link', async ({ page }) => {
  const work = await anItem(page, 'capital_works', ({ properties }) => typeof properties['year'] === 'number');
  await open(page, '?theme=budget');
  const year = String(work.properties['year']);
  await page.getByRole('tabpanel').getByRole('button', { name: year, exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`year=${year}`));
  await page.reload();
  await expect(page.getByRole('button', { name: year, exact: true })).toHaveAttribute('aria-pressed', 'true');
});

test('appeals are counted, and the newest are listed', async ({ page }) => {
  await open(page, '?theme=appeals');
  const panel = page.getByRole('tabpanel');
  await expect(panel).toContainText('Як їх розглядають');
  await panel.locator('.list button').first().click();
  await expect(card(page)).toContainText('Звернення');
});

test('a register is switched off and on, and the link knows', async ({ page }) => {
  await open(page);
  const kiosks = page.getByRole('switch', { name: 'Показувати на мапі: Тимчасові споруди' });
  await expect(kiosks).toBeChecked();
  await kiosks.click();
  await expect(page).toHaveURL(/layers=-kiosks/);
  await page.reload();
  await expect(kiosks).not.toBeChecked();
  await kiosks.click();
  await expect(page).not.toHaveURL(/layers=/);
});

test('a register that is off is not hit', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks');
  await open(page, `${around(kiosk)}&layers=-kiosks`);
  await page.locator('#map canvas').focus();
  await page.keyboard.press('Enter');
  await expect(page).not.toHaveURL(/object=kiosks/);
});

test('back and forward walk through themes', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Бюджет на мапі' }).click();
  await page.getByRole('tab', { name: 'Звернення' }).click();
  await page.goBack();
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Бюджет на мапі');
  await page.goBack();
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Реєстри');
  await page.goForward();
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Бюджет на мапі');
});

test('English is one press away, and stays in the link', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks', ({ properties }) => properties['standing'] === 'valid');
  await open(page, `?object=kiosks/${kiosk.id}`);
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page).toHaveTitle(/geoportal/i);
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Registers');
  await expect(card(page)).toContainText('Placement passport number');
  await expect(card(page)).toContainText(/valid until \d\d\.\d\d\.\d{4}/i);
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
});

test.describe('an English browser', () => {
  test.use({ locale: 'en-GB' });
  test('is greeted in English', async ({ page }) => {
    await open(page);
    await expect(page.getByRole('tab', { selected: true })).toHaveText('Registers');
    await expect(page).not.toHaveURL(/lang=/);
  });
});

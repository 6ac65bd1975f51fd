// Everything without a mouse: from the skip link to a card and back.
import { anItem, around, card, expect, open, test } from './support';

test('the skip link leads to the map, Enter asks what is at its centre, Escape comes back', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks');
  await open(page, around(kiosk));
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Перейти до мапи' })).toBeFocused();
  await page.keyboard.press('Enter');
  const map = page.locator('#map canvas');
  await expect(map).toBeFocused();
  await expect(page.locator('svg.cross')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(card(page).getByRole('heading', { level: 2 })).toBeFocused();
  await expect(page.getByRole('status').filter({ hasText: 'Відкрито картку' })).toContainText(
    String(kiosk.properties['title']),
  );
  await page.keyboard.press('Escape');
  await expect(card(page)).toHaveCount(0);
  await expect(map).toBeFocused();
});

test('arrows move the map, plus and minus zoom it', async ({ page }) => {
  const kiosk = await anItem(page, 'kiosks');
  await open(page, around(kiosk, 15));
  await page.locator('#map canvas').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page).not.toHaveURL(around(kiosk, 15));
  await page.keyboard.press('+');
  await expect(page).toHaveURL(/map=16\//);
});

test('tabs are walked with arrows, switches with the space bar', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Реєстри' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Бюджет на мапі');
  await page.keyboard.press('ArrowLeft');
  const kiosks = page.getByRole('switch', { name: 'Показувати на мапі: Тимчасові споруди' });
  await kiosks.focus();
  await page.keyboard.press('Space');
  await expect(kiosks).not.toBeChecked();
});

test('closing a card opened from a list goes back to the list', async ({ page }) => {
  await open(page, '?theme=budget');
  const first = page.getByRole('tabpanel').locator('.list button').first();
  await first.focus();
  await page.keyboard.press('Enter');
  await expect(card(page).getByRole('heading', { level: 2 })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(first).toBeFocused();
});

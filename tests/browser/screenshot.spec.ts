// The picture in the README, taken on request: MISTO_SCREENSHOT=1.
import { anItem, around, card, drawn, expect, test } from './support';

test('docs/screenshot.png', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  const kiosk = await anItem(page, 'kiosks', ({ properties }) => properties['standing'] === 'valid');
  await page.goto(`/${around(kiosk, 16)}&object=kiosks/${kiosk.id}`);
  await expect(card(page).locator('footer')).toBeVisible();
  await drawn(page);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `${test.info().config.rootDir}/../../docs/screenshot.png` });
});

// Axe finds nothing, whatever the page shows.
import { anItem, card, expect, expectAccessible, open, test } from './support';

const views = ['', '?theme=budget', '?theme=appeals', '?lang=en', '?theme=budget&lang=en'];

for (const view of views) {
  test(`desk ${view}`, async ({ page }) => {
    await open(page, view);
    await expect(page.getByRole('tabpanel').locator('.skeleton')).toHaveCount(0);
    await expectAccessible(page);
  });
}

for (const layer of ['kiosks', 'advertising', 'capital_works', 'appeals', 'parcels']) {
  test(`card of ${layer}`, async ({ page }) => {
    const { id } = await anItem(page, layer);
    await open(page, `?object=${layer}/${id}`);
    await expect(card(page).locator('footer')).toBeVisible();
    for (const more of await card(page).locator('summary').all()) await more.click();
    await expectAccessible(page);
  });
}

test.describe('phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  for (const view of views) {
    test(`phone ${view}`, async ({ page }) => {
      await open(page, view);
      await expect(page.getByRole('tabpanel').locator('.skeleton')).toHaveCount(0);
      await expectAccessible(page);
    });
  }
});

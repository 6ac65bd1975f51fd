// What was: the history of a record, and the city as of a day.
import { anItem, card, drawn, expect, expectAccessible, open, psql, test } from './support';

/** A kiosk that was made in 2024, got another name in 2025, and a place elsewhere in 2026; gives its id. */
function oldKiosk(number: string): string {
  const id = psql(
    `insert into registers.kiosks (title, passport_number, passport_status, kind, area, geom)
     select 'Давня кава', '${number}', 'дійсний', 'стаціонарна', 12, geom from registers.kiosks where geom is not null
     order by id limit 1 returning id`,
  );
  psql(`update registers.kiosks set title = 'Свіжа випічка', area = 12.5 where id = ${id}`);
  psql(`update registers.kiosks set geom = st_translate(geom, 0.002, 0) where id = ${id}`);
  // the triggers write the present: only who switches them off can write the past
  psql(
    `set session_replication_role = replica;
     update history.kiosks set recorded_at = '2024-03-01 12:00+02', archived_at = '2025-04-01 12:00+03'
       where id = ${id} and version = 1;
     update history.kiosks set recorded_at = '2025-04-01 12:00+03', archived_at = '2026-02-01 12:00+02'
       where id = ${id} and version = 2;
     update registers.kiosks set recorded_at = '2026-02-01 12:00+02' where id = ${id}`,
  );
  return id;
}

/** The history stays: what the server knows of the past must not change behind its back. */
function forget(id: string): void {
  psql(`delete from registers.kiosks where id = ${id}`);
}

test('the history says what was put in the place of what', async ({ page }) => {
  const id = oldKiosk('ТС-історія');
  try {
    await open(page, `?object=kiosks/${id}`);
    await card(page).getByText('Історія змін').click();
    const steps = card(page).locator('details ol > li');
    await expect(steps).toHaveCount(3);
    await expect(steps.nth(0)).toContainText('Змінено місце на мапі');
    await expect(steps.nth(1)).toContainText('01.04.2025');
    await expect(steps.nth(1).locator('del').first()).toHaveText('Давня кава');
    await expect(steps.nth(1).locator('ins').first()).toHaveText('Свіжа випічка');
    await expect(steps.nth(1)).toContainText('12,5\u00a0м²');
    await expect(steps.nth(2)).toContainText('Запис створено');
    await expectAccessible(page);
  } finally {
    forget(id);
  }
});

test('from the history into the past and with one tap back to today', async ({ page }) => {
  const id = oldKiosk('ТС-подорож');
  try {
    await open(page, `?object=kiosks/${id}`);
    await expect(card(page).getByRole('heading', { level: 2 })).toHaveText('Свіжа випічка');
    await card(page).getByText('Історія змін').click();
    const then = page.waitForResponse((answer) => /\/tiles\/.*datetime=2024-03-01/.test(answer.url()));
    await card(page).getByRole('button', { name: 'Показати місто на 01.03.2024' }).click();
    expect((await then).ok()).toBe(true);
    await expect(page).toHaveURL(/at=2024-03-01/);
    await expect(card(page).getByRole('heading', { level: 2 })).toHaveText('Давня кава');
    await expect(page.getByText('Місто станом на 01.03.2024')).toBeVisible();
    await page.getByRole('button', { name: 'До сьогодні' }).first().click();
    await expect(page).not.toHaveURL(/at=/);
    await expect(card(page).getByRole('heading', { level: 2 })).toHaveText('Свіжа випічка');
    await page.goBack();
    await expect(page).toHaveURL(/at=2024-03-01/);
  } finally {
    forget(id);
  }
});

test('a record that was not there yet is said to be none', async ({ page, watch }) => {
  watch.expected.push(/404/);
  const kiosk = await anItem(page, 'kiosks');
  await open(page, `?at=2001-01-01&object=kiosks/${kiosk.id}`);
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText('На 01.01.2001 такого запису не було');
  await card(page).getByRole('button', { name: 'До сьогодні' }).click();
  await expect(card(page).getByRole('heading', { level: 2 })).toHaveText(String(kiosk.properties['title']));
});

test('a deleted record keeps its history', async ({ page, watch }) => {
  watch.expected.push(/404/);
  const id = oldKiosk('ТС-вилучено');
  try {
    psql(`delete from registers.kiosks where id = ${id}`);
    await open(page, `?object=kiosks/${id}`);
    await expect(card(page)).toContainText('Такого об’єкта в реєстрі немає');
    await card(page).getByText('Історія змін').click();
    await expect(card(page).locator('details ol > li').first()).toContainText('Запис вилучено');
  } finally {
    forget(id);
  }
});

test('the day is chosen in the panel and kept in the link', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: /Сьогодні/ }).click();
  const day = page.getByLabel('Показати місто станом на', { exact: true });
  await day.fill('2025-06-01');
  await day.blur();
  await expect(page).toHaveURL(/at=2025-06-01/);
  await expect(page.getByRole('status').filter({ hasText: 'Місто станом на 01.06.2025' })).toBeVisible();
  await drawn(page);
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByText('Місто станом на 01.06.2025')).toBeVisible();
});

test('a map with nothing on it says why, and one with something on it does not', async ({ page }) => {
  await open(page, '?at=2001-01-01');
  const notice = page.getByRole('status').filter({ hasText: 'Місто станом на 01.01.2001' });
  await expect(notice).toContainText('нічого не записано');
  await expectAccessible(page);
  const kiosk = oldKiosk('ТС-самотня');
  try {
    await page.goto(`/?at=2024-03-01&object=kiosks/${kiosk}`);
    await expect(card(page).getByRole('heading', { level: 2 })).toHaveText('Давня кава');
    await drawn(page);
    await expect(page.getByText('Місто станом на 01.03.2024')).toBeVisible();
    await expect(page.getByText('нічого не записано')).toHaveCount(0);
  } finally {
    forget(kiosk);
  }
});

test('a day to come is today', async ({ page }) => {
  await open(page, '?at=2099-01-01');
  await expect(page.getByText(/^Місто станом на/)).toHaveCount(0);
  await expect(page).not.toHaveURL(/at=/);
});

test.describe('phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the notice stands over the map, not over the pills', async ({ page }) => {
    await open(page, '?at=2025-06-01');
    const notice = await page.getByText('Місто станом на 01.06.2025').boundingBox();
    const pills = await page.locator('.strip').boundingBox();
    expect(notice?.y).toBeGreaterThanOrEqual((pills?.y ?? 0) + (pills?.height ?? 0));
    const back = page.getByRole('button', { name: 'До сьогодні' });
    expect((await back.boundingBox())?.height).toBeGreaterThanOrEqual(40);
    await expectAccessible(page);
    await back.tap();
    await expect(page.getByText(/^Місто станом на/)).toHaveCount(0);
  });
});

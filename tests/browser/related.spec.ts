// What stands around a record: each neighbour leads to its own card, and a restriction is said in words.
import { anItem, card, drawn, expect, expectAccessible, open, psql, test, type Item } from './support';

interface Related {
  link: string;
  title: { uk: string };
  layer: string;
  id: number;
  name: string;
  warning?: { severity: string; says: { uk: string } } | null;
}

/** A record of a register that has what is looked for around it. */
async function withRelated(
  page: Parameters<typeof anItem>[0],
  layer: string,
  fits: (related: Related) => boolean,
): Promise<{ item: Item; related: Related }> {
  const answer = await page.request.get(`/api/collections/${layer}/items?limit=200`);
  const { features } = (await answer.json()) as { features: Item[] };
  for (const item of features) {
    const one = await page.request.get(`/api/collections/${layer}/items/${item.id}`);
    const found = ((await one.json()) as { related?: Related[] }).related?.find(fits);
    if (found) return { item, related: found };
  }
  throw new Error(`no record of ${layer} has such a neighbour`);
}

test('a kiosk leads to its parcel, and back leads to the kiosk', async ({ page }) => {
  const { item, related } = await withRelated(page, 'kiosks', ({ layer }) => layer === 'parcels');
  await open(page, `?object=kiosks/${item.id}`);
  await card(page).getByRole('link', { name: related.name, exact: true }).first().click();
  await expect(page).toHaveURL(new RegExp(`object=parcels/${related.id}`));
  await expect(card(page).locator('.register')).not.toHaveText('Тимчасові споруди');
  await expect(card(page).getByRole('heading', { level: 2 })).toBeFocused();
  await page.goBack();
  await expect(page).toHaveURL(new RegExp(`object=kiosks/${item.id}`));
});

test('a restriction is said in words before everything else that is around', async ({ page }) => {
  const { item, related } = await withRelated(page, 'kiosks', ({ warning }) => warning?.severity === 'error');
  await open(page, `?object=kiosks/${item.id}`);
  const said = card(page).locator('.body > :first-child');
  await expect(said).toContainText(related.warning?.says.uk ?? '');
  await expect(said.getByRole('link').first()).toBeVisible();
  await expectAccessible(page);
});

test('on a phone the neighbours are big enough for a thumb', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const { item } = await withRelated(page, 'kiosks', () => true);
  await open(page, `?object=kiosks/${item.id}`);
  const rows = card(page).locator('section.related li, section.warning li');
  await expect(rows.first()).toBeAttached();
  for (const row of await rows.all()) expect((await row.boundingBox())?.height).toBeGreaterThanOrEqual(40);
});

test('a neighbour that goes is gone from the card when it is opened again', async ({ page }) => {
  const id = psql(
    `insert into registers.kiosks (title, passport_number, passport_status, kind, geom)
     select 'Кіоск на ділянці', 'ТС-сусід', 'дійсний', 'пересувна', st_pointonsurface(geom)
     from registers.parcels order by id limit 1 returning id`,
  );
  try {
    await open(page, `?object=kiosks/${id}`);
    const parcel = card(page).locator('section.related');
    await expect(parcel).toContainText('Ділянка');
    psql(`update registers.kiosks set geom = st_translate(geom, 2, 2) where id = ${id}`);
    await page.reload();
    await drawn(page);
    await expect(card(page).locator('footer')).toBeVisible();
    await expect(parcel.getByText('Ділянка', { exact: true })).toHaveCount(0);
  } finally {
    psql(`delete from registers.kiosks where id = ${id}`);
  }
});
